using FineTune.Pipeline;

namespace TestPlugin;

/// <summary>Fills a random rectangle with noise.</summary>
public sealed class EraseProcessor : IImageProcessor
{
    /// <inheritdoc />
    public string Name => "erase";

    /// <inheritdoc />
    public int Revision => 1;

    /// <inheritdoc />
    public IReadOnlyList<PartParameter> Parameters => [PartParameter.Number("probability", 0.5, 0, 1)];

    /// <inheritdoc />
    public void Process(Span<float> pixels, ProcessContext context)
    {
        if (context.Random.NextDouble() >= context.Values.Number("probability")) return;
        int top = context.Random.NextWhole(context.Height), left = context.Random.NextWhole(context.Width);
        for (int y = top; y < context.Height; y++)
        {
            for (int x = left; x < context.Width; x++)
            {
                for (int c = 0; c < 3; c++) pixels[(y * context.Width + x) * 3 + c] = context.Random.NextWhole(256);
            }
        }
    }
}
