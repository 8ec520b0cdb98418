namespace FineTune.Pipeline;

/// <summary>
/// Changes decoded training images before they enter the network: a table <c>[[processor]]</c>. It runs only in training. Apps do not load plugins,
/// so changes that predictions need, too, belong to <c>preprocess</c>.
/// </summary>
public interface IImageProcessor : IPipelinePart
{
    /// <summary>Changes the pixels of one version of an image in place.</summary>
    /// <param name="pixels">Height × width pixels, row by row: 3 numbers (RGB) each, in [0, 255].</param>
    /// <param name="context">The image's size, and random numbers for this version of this image.</param>
    void Process(Span<float> pixels, ProcessContext context);
}

/// <summary>The input of a processor for one version of one image.</summary>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Random">
/// Random numbers. They depend only on the spec's seed, the image, its version and the processor. With any other source of random numbers, trainings
/// would not be reproducible.
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
