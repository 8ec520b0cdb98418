using FineTune.Images;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Data;

/// <summary>A picture of augmented samples: a row for each of eight training images, a column for each of eight epochs.</summary>
internal static class AugmentationSheet
{
    private const int Side = 8;

    /// <summary>Draws the sheet as the first stage would see it and writes it as PNG.</summary>
    public static void Write(string path, ImageSet images, Augmenter augmenter, ImageSize size)
    {
        long[] readable = images.Readable();
        int rows = Math.Min(Side, readable.Length);
        var sheet = new ImageSize(rows * size.Height, Side * size.Width);
        byte[] pixels = new byte[sheet.Bytes];
        // One image of as many classes as there are rows for: images stand in the order of their classes.
        long[] chosen = [.. Enumerable.Range(0, rows).Select(row => readable[(long)row * readable.Length / rows])];
        for (int column = 0; column < Side; column++)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor batch = images.Pixels.index_select(0, tensor(chosen));
            Tensor augmented = augmenter.Apply(batch, chosen, stage: 0, epoch: column + 1).round().clamp(0, 255).to_type(ScalarType.Byte).contiguous();
            ReadOnlySpan<byte> bytes = augmented.bytes;
            for (int row = 0; row < rows; row++)
            {
                for (int y = 0; y < size.Height; y++)
                {
                    bytes.Slice(row * size.Bytes + y * size.Width * 3, size.Width * 3)
                        .CopyTo(pixels.AsSpan(((row * size.Height + y) * sheet.Width + column * size.Width) * 3));
                }
            }
        }
        ImageEncoder.WritePng(path, sheet, pixels);
    }
}
