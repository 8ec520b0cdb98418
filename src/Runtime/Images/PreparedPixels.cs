namespace FineTune.Images;

/// <summary>Pixels to a network's input, for engines without tensors of their own.</summary>
internal static class PreparedPixels
{
    private const int Channels = 3;

    /// <summary>Turns a batch of pixels into a network's input: each channel becomes <c>pixel × (Scale / Std) - Mean / Std</c>, in float32.</summary>
    /// <param name="pixels">RGB pixels, rows first, one image after another.</param>
    /// <param name="count">How many images.</param>
    /// <param name="size">The size of each.</param>
    /// <param name="transform">What happens to the pixels.</param>
    /// <returns><c>[N, 3, H, W]</c>.</returns>
    public static float[] Of(ReadOnlySpan<byte> pixels, int count, ImageSize size, PixelTransform transform)
    {
        int plane = size.Height * size.Width;
        float[] prepared = GC.AllocateUninitializedArray<float>(count * Channels * plane);
        Span<float> values = stackalloc float[256];
        for (int channel = 0; channel < Channels; channel++)
        {
            // A pixel has only 256 values.
            float factor = (float)(transform.Scale / transform.Std[channel]), offset = (float)(-transform.Mean[channel] / transform.Std[channel]);
            for (int value = 0; value < values.Length; value++) values[value] = (value * factor) + offset;
            int from = transform.Bgr ? Channels - 1 - channel : channel;
            for (int image = 0; image < count; image++)
            {
                ReadOnlySpan<byte> source = pixels.Slice(image * size.Bytes, size.Bytes);
                Span<float> target = prepared.AsSpan(((image * Channels) + channel) * plane, plane);
                for (int i = 0, at = from; i < target.Length; i++, at += Channels) target[i] = values[source[at]];
            }
        }
        return prepared;
    }
}
