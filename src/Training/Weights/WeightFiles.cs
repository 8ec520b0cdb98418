using System.IO.Compression;
using FineTune.Training.Weights.Keras;

namespace FineTune.Training.Weights;

/// <summary>Opens weight files of every format, by what stands in them rather than by their names.</summary>
internal static class WeightFiles
{
    /// <summary>What a <c>.keras</c> archive calls its weights.</summary>
    private const string KerasWeights = "model.weights.h5";

    /// <summary>What an archive may inflate to.</summary>
    private const long LargestEntry = 16L << 30;

    private const int LongestReason = 500;

    /// <summary>Opens a <c>.pth</c>, <c>.safetensors</c>, <c>.h5</c> or <c>.keras</c> file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">The file is damaged, or of another format.</exception>
    /// <exception cref="IOException">The file is not there, or cannot be read.</exception>
    public static IWeightFile Open(string path)
    {
        FileStream file = File.OpenRead(path);
        try
        {
            Span<byte> start = stackalloc byte[9];
            start.Clear();
            file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
            file.Position = 0;
            if (KerasWeightFile.Recognizes(start)) return new KerasWeightFile(file);
            if (start is [(byte)'P', (byte)'K', 3, 4, ..]) return OpenArchive(file);
            // A safetensors file's length may begin with a pickle's first byte, but its ninth byte opens the header.
            if (start is [.., (byte)'{']) return new SafetensorsFile(file);
            return start is [0x80, ..]
                ? new TorchLegacyFile(file)
                : throw new InvalidDataException("It is not a weight file of PyTorch, safetensors or Keras, going by its first bytes.");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Why a file could not be read, as a part of one line: names and messages out of a file can have any characters.</summary>
    public static string Reason(Exception e)
    {
        string reason = string.Concat(e.Message.Take(LongestReason).Select(static c => char.IsControl(c) ? ' ' : c));
        return e.Message.Length > LongestReason ? reason + "…" : reason;
    }

    private static IWeightFile OpenArchive(FileStream file)
    {
        var archive = new ZipArchive(file, ZipArchiveMode.Read);
        try
        {
            if (archive.GetEntry(KerasWeights) is not { } weights) return new TorchZipFile(archive);
            Stream copy = Extract(weights);
            archive.Dispose();
            return new KerasWeightFile(copy);
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }

    /// <summary>HDF5 files are read at any position, which an archive does not allow. The copy is deleted when it is closed.</summary>
    private static FileStream Extract(ZipArchiveEntry entry)
    {
        var copy = new FileStream(
            Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
        try
        {
            entry.CopyTo(copy, LargestEntry);
            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }
}
