using System.Numerics.Tensors;
using FineTune.Pipeline;
using Microsoft.ML.OnnxRuntime;

namespace FineTune.Training.Exporters.Onnx;

/// <summary>A range of numbers; zero is in it.</summary>
/// <param name="Least">At most 0.</param>
/// <param name="Most">At least 0.</param>
internal readonly record struct ValueRange(float Least, float Most);

/// <summary>Measures the ranges of the values of a network for training images.</summary>
internal static class ValueRanges
{
    /// <summary>How many images.</summary>
    private const int Images = 128;

    /// <summary>The most bytes that the values of one pass take, where one image's do not take more.</summary>
    private const long Budget = 256 << 20;

    private const int LargestBatch = 16;

    /// <summary>Measures the range of each value.</summary>
    /// <param name="network">The network in float32.</param>
    /// <param name="values">The names of the values.</param>
    /// <param name="images">The dataset's images.</param>
    /// <exception cref="PipelineException">There are no images, or no ONNX Runtime.</exception>
    public static IReadOnlyDictionary<string, ValueRange> Measure(TranslatedNetwork network, IReadOnlyList<string> values, MeasuringImages images)
    {
        Dictionary<string, ValueHistogram> histograms = values.ToDictionary(static value => value, static _ => new ValueHistogram(), StringComparer.Ordinal);
        IReadOnlyList<PreparedImage> sample = images.Sample(Images);
        string[] computed = [.. values.Where(value => value != network.Prepared)];
        using var session = new NetworkSession(network, computed);
        int batch = 1;
        Pass(static (histogram, numbers) => histogram.Widen(numbers));
        Pass(static (histogram, numbers) => histogram.Count(numbers));
        return values.ToDictionary(static value => value, value => histograms[value].Choose(), StringComparer.Ordinal);

        void Pass(HistogramStep step)
        {
            for (int start = 0; start < sample.Count;)
            {
                images.Cancellation.ThrowIfCancellationRequested();
                PreparedImage[] part = [.. sample.Skip(start).Take(batch)];
                float[] input = images.Prepare(part);
                if (histograms.TryGetValue(network.Prepared, out ValueHistogram? prepared)) step(prepared, input);
                using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(input, part.Length);
                Parallel.For(0, computed.Length, i => step(histograms[computed[i]], outputs[i].GetTensorDataAsSpan<float>()));
                start += part.Length;
                // The first pass, of one image, tells how many can go together.
                long bytes = outputs.Sum(static output => output.GetTensorDataAsSpan<float>().Length * (long)sizeof(float)) / part.Length;
                batch = (int)Math.Clamp(Budget / Math.Max(1, bytes), 1, LargestBatch);
            }
        }
    }

    private delegate void HistogramStep(ValueHistogram histogram, ReadOnlySpan<float> numbers);
}
