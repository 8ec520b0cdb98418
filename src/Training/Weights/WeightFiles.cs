using System.Buffers.Binary;
using ModelSpec.Networks;

namespace FineTune.Training.Weights;

/// <summary>Opens weight files of every format, by what stands in them rather than by their names.</summary>
internal static class WeightFiles
{
    private static ReadOnlySpan<byte> Hdf5 => [0x89, (byte)'H', (byte)'D', (byte)'F', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Opens a <c>.pth</c>, <c>.safetensors</c> or Keras file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="layers">The backbone's layers, by whose names Keras files are read.</param>
    /// <param name="byLayerName">Whether the file's tensors go by the names of layers instead of their state-dict keys.</param>
    /// <exception cref="InvalidDataException">The file is damaged, or of another format.</exception>
    public static IWeightFile Open(string path, IEnumerable<Layer> layers, out bool byLayerName)
    {
        FileStream file = File.OpenRead(path);
        try
        {
            Span<byte> start = stackalloc byte[9];
            start.Clear();
            file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
            file.Position = 0;
            byLayerName = start.StartsWith(Hdf5);
            if (byLayerName)
            {
                CheckLength(file);
                file.Dispose();
                return new KerasWeightFile(path, layers);
            }
            if (start is [(byte)'P', (byte)'K', 3, 4, ..]) return new TorchZipFile(file);
            // A safetensors file's length may begin with a pickle's first byte, but its ninth byte opens the header.
            return start is [0x80, ..] and not [.., (byte)'{'] ? new TorchLegacyFile(file) : new SafetensorsFile(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>
    /// An HDF5 file says in its superblock where it ends (HDF5 File Format Specification, "Disk Format: Level 0A"); a shorter one was
    /// cut, even where what is missing is never read.
    /// </summary>
    private static void CheckLength(FileStream file)
    {
        Span<byte> superblock = stackalloc byte[48];
        int read = file.ReadAtLeast(superblock, superblock.Length, throwOnEndOfStream: false);
        int position = superblock[8] < 2 ? 40 : 28;
        if (read < superblock.Length || BinaryPrimitives.ReadUInt64LittleEndian(superblock[position..]) > (ulong)file.Length)
        {
            throw new InvalidDataException("It is an HDF5 file that was cut: it ends before its end.");
        }
    }
}
