using System.Diagnostics.Metrics;

namespace Flowers17.Web;

/// <summary>Figures of the service, for <c>dotnet-counters</c> and OpenTelemetry: the meter <c>Flowers17.Web</c>.</summary>
internal sealed class PredictionMetrics
{
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _refused;

    public PredictionMetrics(IMeterFactory meters)
    {
        Meter meter = meters.Create("Flowers17.Web");
        _duration = meter.CreateHistogram<double>("flowers.prediction.duration", "s", "From the request to the answer, by the label of the answer.");
        _refused = meter.CreateCounter<long>("flowers.photos.refused", "{photo}", "Photos that could not be classified, by the reason.");
    }

    public void Answered(FlowerLabel label, TimeSpan duration) =>
        _duration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("label", FlowerClassifier.Labels[(int)label]));

    public void Refused(string reason) => _refused.Add(1, new KeyValuePair<string, object?>("reason", reason));
}
