using System.Globalization;
using FineTune.Pipeline;

namespace TestPlugin;

/// <summary>Tensors as lines of text: name, dimensions, numbers, with semicolons between them.</summary>
public sealed class PlainFormat : IWeightFormat
{
    /// <inheritdoc />
    public string Name => "plain";

    /// <inheritdoc />
    public int Revision => 1;

    /// <inheritdoc />
    public IReadOnlyList<string> Extensions => [".plain"];

    /// <inheritdoc />
    public bool Recognizes(ReadOnlySpan<byte> start, Stream file) => start.StartsWith("plain;"u8);

    /// <inheritdoc />
    public IWeightFile Open(Stream stream)
    {
        using var reader = new StreamReader(stream);
        return new PlainFile([.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(static line => line.Split(';'))]);
    }

    private sealed class PlainFile(string[][] lines) : IWeightFile
    {
        public IReadOnlyList<WeightTensor> Tensors { get; } =
            [.. lines.Select(static line => new WeightTensor(line[0], ElementType.Float32, [.. Numbers(line[1]).Select(static n => (long)n)]))];

        public float[] Read(string name) => Numbers(lines.First(line => line[0] == name)[2]);

        public void Dispose()
        {
        }

        private static float[] Numbers(string text) =>
            [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static n => float.Parse(n, CultureInfo.InvariantCulture))];
    }
}
