using FineTune.Files;
using FineTune.Images;
using FineTune.Training.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Processors;

/// <summary>A picture of augmented samples: a row for each of eight training images, a column for each of eight epochs.</summary>
internal static class AugmentationSheet
{
    /// <summary>The images, and the versions of each.</summary>
    public const int Side = 8;

    /// <summary>The numbers of images to draw: evenly spread, and therefore of different classes, because images are in the order of their classes.</summary>
    /// <param name="count">The number of images.</param>
    public static long[] Choose(int count)
    {
        int rows = Math.Min(Side, count);
        return [.. Enumerable.Range(0, rows).Select(row => (long)row * count / rows)];
    }

    /// <summary>Draws the sheet with the versions of the first stage, and writes it as PNG.</summary>
    /// <param name="path">The file.</param>
    /// <param name="images">The images to draw; those that could not be read are skipped.</param>
    /// <param name="numbers">The number of each of them among the training images, which decides its versions.</param>
    /// <param name="augmenter">Makes the versions.</param>
    /// <param name="size">The size of each.</param>
    public static void Write(string path, ImageSet images, long[] numbers, Augmenter augmenter, ImageSize size)
    {
        long[] readable = images.Readable();
        int rows = readable.Length;
        var sheet = new ImageSize(rows * size.Height, Side * size.Width);
        byte[] pixels = new byte[sheet.Bytes];
        long[] chosen = [.. readable.Select(row => numbers[row])];
        for (int column = 0; column < Side; column++)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor batch = images.Pixels.index_select(0, tensor(readable));
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
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            ImageEncoder.WritePng(temporary, sheet, pixels);
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            BestEffort.Run(() => File.Delete(temporary));
            throw;
        }
    }
}
