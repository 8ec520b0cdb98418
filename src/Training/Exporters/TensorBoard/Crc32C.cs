namespace FineTune.Training.Exporters.TensorBoard;

/// <summary>The checksum of records of TensorFlow: CRC-32C (Castagnoli; RFC 3720, appendix B.4), masked.</summary>
internal static class Crc32C
{
    /// <summary>The polynomial 0x1EDC6F41 with its bits in reverse order.</summary>
    private const uint Polynomial = 0x82F63B78;

    private const uint MaskDelta = 0xA282EAD8;

    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(static index =>
    {
        uint value = (uint)index;
        for (int bit = 0; bit < 8; bit++) value = (value & 1) != 0 ? (value >> 1) ^ Polynomial : value >> 1;
        return value;
    })];

    /// <summary>The checksum of bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        uint checksum = uint.MaxValue;
        foreach (byte value in bytes) checksum = Table[(checksum ^ value) & 0xFF] ^ (checksum >> 8);
        return ~checksum;
    }

    /// <summary>The checksum as records have it: turned by 15 bits and moved, so that the checksum of data with checksums in it is a good one.</summary>
    public static uint Masked(ReadOnlySpan<byte> bytes) => unchecked(uint.RotateRight(Of(bytes), 15) + MaskDelta);
}
