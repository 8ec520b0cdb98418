using FineTune.Training.Assets;
using FineTune.Training.Data;
using FineTune.Training.Diagnostics;
using FineTune.Training.Weights;

namespace FineTune.Training.Doctor;

/// <summary>What a build would do with a spec, found out without downloading or writing anything next to it.</summary>
internal static class SpecFindings
{
    private static readonly DownloadPatience None = new(TimeSpan.FromSeconds(1), TimeSpan.Zero);

    /// <summary>Dataset, pretrained weights, and whether a build trains.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="options">What a build would train with.</param>
    /// <param name="log">Where warnings go.</param>
    /// <param name="cancellation">Ends it.</param>
    public static IEnumerable<Finding> Of(SpecSource spec, FineTuningOptions options, IProgressLog log, CancellationToken cancellation)
    {
        string topic = Path.GetFileName(spec.Spec.Path);
        using var client = new HttpClient(new NoNetwork());
        var downloader = new Downloader(options.Assets, log, client, None);
        var pretrained = new PretrainedWeights(options.Assets, downloader);
        yield return pretrained.IsHere(spec)
            ? new Finding(topic, "pretrained", pretrained.Find(spec) ?? "none: the backbone begins with random weights")
            : spec.Plan.WeightSet is { } set
                ? new Finding(topic, "pretrained", $"{set.File} is not here; a training downloads it{(set.Size is null ? "" : $" ({set.Size})")}")
                : new Finding(topic, "pretrained", $"{spec.Plan.WeightFile} does not exist", Verdict.Error);
        Finding data = Attempt(topic, "dataset", () => new DatasetLoader(options.Assets, downloader, log).IsHere(spec, cancellation)
            ? new Finding(topic, "dataset", $"'{spec.Plan.Source}' is here")
            : new Finding(topic, "dataset", $"'{spec.Plan.Source}' is not here"));
        yield return data;
        yield return Attempt(topic, "build", () =>
        {
            Forecast forecast = new FineTuning(spec, options, log).Foresee(downloader, cancellation);
            return new Finding(topic, "build", forecast.Reasons.Count == 0 ? "up to date: nothing is trained" : string.Join("; ", forecast.Reasons));
        });
    }

    private static Finding Attempt(string topic, string name, Func<Finding> look)
    {
        try
        {
            return look();
        }
        catch (TrainingException e) when (e.Diagnostic.Descriptor == TrainingDiagnostics.Download)
        {
            return new Finding(topic, name, "trains, after it has downloaded what is not here");
        }
        catch (TrainingException e)
        {
            return new Finding(topic, name, e.Diagnostic.ToString(), Verdict.Error);
        }
    }

    /// <summary>Lets nothing through.</summary>
    private sealed class NoNetwork : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new HttpRequestException("nothing is downloaded here");
    }
}
