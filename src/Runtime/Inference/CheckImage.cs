using FineTune.Images;

namespace FineTune.Inference;

/// <summary>
/// The image that a network is checked with. Its pixels come from a counter hash (the finalizer of MurmurHash3 of the index), so that it is
/// the same on every machine without a file.
/// </summary>
internal static class CheckImage
{
    /// <summary>Makes the image.</summary>
    /// <param name="size">Its size.</param>
    /// <returns>RGB pixels, rows first.</returns>
    public static byte[] Create(ImageSize size)
    {
        byte[] pixels = new byte[size.Bytes];
        for (int i = 0; i < pixels.Length; i++) pixels[i] = (byte)(Mix((uint)i) >> 24);
        return pixels;
    }

    /// <summary>The finalizer of MurmurHash3 (<c>fmix32</c>).</summary>
    internal static uint Mix(uint h)
    {
        h ^= h >> 16;
        h *= 0x85EBCA6B;
        h ^= h >> 13;
        h *= 0xC2B2AE35;
        return h ^ (h >> 16);
    }
}
