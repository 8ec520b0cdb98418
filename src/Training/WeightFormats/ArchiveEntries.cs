using System.IO.Compression;

namespace FineTune.Training.WeightFormats;

/// <summary>Reads entries of zip archives without trusting their declared sizes.</summary>
internal static class ArchiveEntries
{
    /// <summary>Whether a file begins like a zip archive.</summary>
    public static bool BeginsArchive(ReadOnlySpan<byte> start) => start is [(byte)'P', (byte)'K', 3, 4, ..];

    /// <summary>Copies an entry's content.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="target">Receives the content; its position is at the start afterwards.</param>
    /// <param name="limit">The largest number of bytes. A small archive can be extracted to any size.</param>
    /// <exception cref="InvalidDataException">The entry is damaged, or has more bytes.</exception>
    public static void CopyTo(this ZipArchiveEntry entry, Stream target, long limit)
    {
        using Stream source = entry.Open();
        byte[] buffer = new byte[1 << 16];
        long copied = 0;
        int read;
        while ((read = source.Read(buffer)) > 0)
        {
            copied += read;
            if (copied > limit) throw new InvalidDataException($"The archive's {entry.FullName} has more than {limit >> 20} MB.");
            target.Write(buffer, 0, read);
        }
        target.Position = 0;
    }
}
