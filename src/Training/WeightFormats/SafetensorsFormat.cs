using FineTune.Pipeline;

namespace FineTune.Training.WeightFormats;

/// <summary>Safetensors files.</summary>
internal sealed class SafetensorsFormat : IWeightFormat
{
    /// <summary>The bytes of the header's length, after which the header begins.</summary>
    private const int Length = 8;

    /// <inheritdoc />
    public string Name => "safetensors";

    /// <inheritdoc />
    public int Revision => 1;

    /// <inheritdoc />
    public IReadOnlyList<string> Extensions => [".safetensors"];

    /// <summary>Recognizes a file by the brace that opens the header, because the length before it may begin with the first byte of a pickle.</summary>
    public bool Recognizes(ReadOnlySpan<byte> start, Stream file) => start.Length > Length && start[Length] == (byte)'{';

    /// <inheritdoc />
    public IWeightFile Open(Stream stream)
    {
        try
        {
            return new SafetensorsFile(stream);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }
}
