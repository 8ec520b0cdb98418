using System.Runtime.ExceptionServices;
using FineTune.Pipeline;
using FineTune.Training.Diagnostics;
using FineTune.Training.Plugins;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Processors;

/// <summary>
/// Runs the processors of a spec on versions of training images: one processor after another, many images in parallel, on the CPU. The changes of an
/// image depend only on the seed, the stage, its version, the image and the processor's position in the spec, and not on the rest of the batch
/// or the number of threads.
/// </summary>
internal sealed class ImageProcessing
{
    private const int Channels = 3;

    private readonly long _seed;
    private readonly CancellationToken _cancellation;
    private readonly (RegisteredPart<IImageProcessor> Processor, PartPlace Place, PartValues Values)[] _processors;

    /// <summary>Creates the processors of a spec.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="cancellation">Cancels the processors.</param>
    public ImageProcessing(SpecSource spec, CancellationToken cancellation)
    {
        _seed = spec.Plan.Seed;
        _cancellation = cancellation;
        _processors = [.. spec.Spec.Processors.Select(section =>
        {
            var place = new PartPlace(spec, section);
            return (spec.Parts.Find<IImageProcessor>(section.Use.Word), place, place.Values);
        })];
    }

    /// <summary>Runs every processor on every image.</summary>
    /// <param name="pixels">float32 <c>[N, H, W, 3]</c>, RGB in [0, 255], on any device.</param>
    /// <param name="images">The index of each image in its set.</param>
    /// <param name="versions">The number of the version of each.</param>
    /// <param name="stage">The index of the stage; 0 if all stages use the same versions.</param>
    /// <returns>float32 <c>[N, H, W, 3]</c> on the same device.</returns>
    /// <exception cref="TrainingException">A processor failed, or its output is not finite.</exception>
    public Tensor Apply(Tensor pixels, ReadOnlySpan<long> images, ReadOnlySpan<long> versions, int stage)
    {
        int height = (int)pixels.shape[1], width = (int)pixels.shape[2], size = height * width * Channels;
        using Tensor onCpu = pixels.cpu();
        using Tensor inOrder = onCpu.contiguous();
        float[] values = inOrder.data<float>().ToArray();
        (long[] numbers, long[] ofVersions) = (images.ToArray(), versions.ToArray());
        for (int p = 0; p < _processors.Length; p++)
        {
            (RegisteredPart<IImageProcessor> processor, PartPlace place, PartValues given) = _processors[p];
            int number = p + 1;
            PartCall.Run(
                processor, place,
                () => InParallel(numbers.Length, i =>
                {
                    var random = new SeededNumbers(new SeededRandom(_seed, stage, ofVersions[i], numbers[i], number));
                    Span<float> image = values.AsSpan(i * size, size);
                    processor.Part.Process(image, new ProcessContext(height, width, random, given));
                    if (!IsFinite(image)) throw place.At(null).Error(TrainingDiagnostics.BrokenContract, processor.Title, processor.Plugin.Name, "it makes pixels that are not finite numbers.");
                }),
                _cancellation);
        }
        return tensor(values, pixels.shape).to(pixels.device);
    }

    private bool InParallel(int count, Action<int> work)
    {
        try
        {
            Parallel.For(0, count, new ParallelOptions { CancellationToken = _cancellation }, work);
            return true;
        }
        catch (AggregateException e)
        {
            // If several images fail, one error is enough.
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
            throw;
        }
    }

    private static bool IsFinite(ReadOnlySpan<float> image)
    {
        foreach (float value in image)
        {
            if (!float.IsFinite(value)) return false;
        }
        return true;
    }

    /// <summary>The random numbers of one version of one image.</summary>
    private sealed class SeededNumbers(SeededRandom random) : IRandomNumbers
    {
        private SeededRandom _random = random;

        public double NextDouble() => _random.NextDouble();

        public int NextWhole(int count)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
            return _random.Below(count);
        }
    }
}
