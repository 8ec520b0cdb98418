using FineTune.Pipeline;

namespace SamplePlugin;

/// <summary>
/// Paints a random rectangle of a training image in one grey (Zhong et al., "Random Erasing Data Augmentation", arXiv:1708.04896). The
/// logarithm of its height over its width is uniform, so that tall and wide rectangles are equally frequent; the paper draws the ratio itself.
/// </summary>
public sealed class RandomErasing : IImageProcessor
{
    /// <summary>The number of rectangles that are drawn, if none of them fits, before the image is left unchanged.</summary>
    private const int Attempts = 100;

    /// <inheritdoc />
    public string Name => "random_erasing";

    /// <inheritdoc />
    public int Revision => 1;

    /// <summary>
    /// The share of images that is changed, the least and the largest part of an image's area, the least and the largest height over width, and
    /// the value of the rectangle's pixels in [0, 255].
    /// </summary>
    public IReadOnlyList<PartParameter> Parameters =>
    [
        PartParameter.Number("probability", 0.5, 0, 1),
        PartParameter.Number("area_least", 0.02, 0, 1),
        PartParameter.Number("area_most", 0.4, 0, 1),
        PartParameter.Number("aspect_least", 0.3, 0.01, 100),
        PartParameter.Number("aspect_most", 3.3, 0.01, 100),
        PartParameter.Number("value", 127.5, 0, 255),
    ];

    /// <inheritdoc />
    /// <exception cref="PipelineException">A range ends before it begins.</exception>
    public void Process(Span<float> pixels, ProcessContext context)
    {
        (double areaLeast, double areaMost) = RangeOf("area", context.Values);
        (double aspectLeast, double aspectMost) = RangeOf("aspect", context.Values);
        if (context.Random.NextDouble() >= context.Values.Number("probability")) return;

        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            double area = Between(areaLeast, areaMost, context.Random) * context.Height * context.Width;
            double aspect = Math.Exp(Between(Math.Log(aspectLeast), Math.Log(aspectMost), context.Random));
            int height = (int)Math.Round(Math.Sqrt(area * aspect));
            int width = (int)Math.Round(Math.Sqrt(area / aspect));
            if (height < 1 || width < 1 || height > context.Height || width > context.Width) continue;

            int top = context.Random.NextWhole(context.Height - height + 1);
            int left = context.Random.NextWhole(context.Width - width + 1);
            for (int y = top; y < top + height; y++)
            {
                pixels.Slice((y * context.Width + left) * 3, width * 3).Fill((float)context.Values.Number("value"));
            }
            return;
        }
    }

    private static (double Least, double Most) RangeOf(string name, PartValues values)
    {
        (double least, double most) = (values.Number($"{name}_least"), values.Number($"{name}_most"));
        return least <= most
            ? (least, most)
            : throw new PipelineException($"{name}_least is {least}, but {name}_most is {most}.") { Key = $"{name}_least" };
    }

    private static double Between(double least, double most, IRandomNumbers random) => least + (most - least) * random.NextDouble();
}
