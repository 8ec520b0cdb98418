using FineTune.Pipeline;

namespace FineTune.Training.WeightFormats;

/// <summary>Checkpoints as PyTorch wrote them before 1.6: a sequence of pickles.</summary>
internal sealed class PyTorchLegacyFormat : IWeightFormat
{
    /// <summary>The opcode <c>PROTO</c>, the first byte of every pickle since protocol 2.</summary>
    private const byte Protocol = 0x80;

    /// <inheritdoc />
    public string Name => "pytorch_legacy";

    /// <inheritdoc />
    public int Revision => 1;

    /// <inheritdoc />
    public IReadOnlyList<string> Extensions => [".pth", ".pt"];

    /// <inheritdoc />
    public bool Recognizes(ReadOnlySpan<byte> start, Stream file) => start is [Protocol, ..];

    /// <inheritdoc />
    public IWeightFile Open(Stream stream)
    {
        try
        {
            return new TorchLegacyFile(stream);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }
}
