namespace FineTune.Pipeline;

/// <summary>
/// Changes decoded training images before they enter the network: a table <c>[[processor]]</c>. It runs in training only. What happens to
/// pixels in prediction, too, has to be the same in the app, which has no plugins: that is what <c>preprocess</c> is for.
/// </summary>
public interface IImageProcessor : IPipelinePart
{
    /// <summary>Changes the pixels of one version of an image in place.</summary>
    /// <param name="pixels">RGB of the height × width pixels, row by row: 3 numbers each, in [0, 255].</param>
    /// <param name="context">The image's size, and random numbers that belong to this version of this image alone.</param>
    void Process(Span<float> pixels, ProcessContext context);
}

/// <summary>What a processor is given for one version of one image.</summary>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Random">
/// Random numbers. They depend on the spec's seed, the image, its version and the processor alone: never use others, or trainings are not
/// reproducible.
/// </param>
/// <param name="Values">The values of the processor's parameters.</param>
public readonly record struct ProcessContext(int Height, int Width, IRandomNumbers Random, PartValues Values);

/// <summary>A source of random numbers.</summary>
public interface IRandomNumbers
{
    /// <summary>The next number in [0, 1).</summary>
    double NextDouble();

    /// <summary>The next whole number in [0, <paramref name="count"/>).</summary>
    int NextWhole(int count);
}
