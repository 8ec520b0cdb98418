using System.Text;
using FineTune.Training.Importers;
using Microsoft.Extensions.FileSystemGlobbing;
using Microsoft.Extensions.FileSystemGlobbing.Abstractions;

namespace FineTune.Training.Predictions;

/// <summary>An image that a command line names.</summary>
/// <param name="Path">Its file, or <c>-</c> for standard input.</param>
/// <param name="Content">Its bytes where it came by standard input; otherwise null, and the file is read.</param>
internal sealed record NamedImage(string Path, byte[]? Content = null);

/// <summary>What the arguments of a command mean: files, folders, patterns, and <c>-</c> for standard input.</summary>
/// <param name="openInput">Opens standard input.</param>
internal sealed class ImageArguments(Func<Stream> openInput)
{
    /// <summary>The argument that stands for standard input.</summary>
    public const string StandardInput = "-";

    /// <summary>How many bytes tell an image from a list of paths.</summary>
    private const int SignatureLength = 16;

    /// <summary>
    /// Lists the images one by one, so that a list of any length takes no memory. A file is listed whether or not it exists; a folder
    /// stands for the images at any depth below it, and a pattern for the files that match; both are listed in ordinal order.
    /// </summary>
    /// <param name="arguments">The arguments.</param>
    public IEnumerable<NamedImage> List(IEnumerable<string> arguments) => arguments.SelectMany(argument =>
        argument == StandardInput ? ReadInput()
        : File.Exists(argument) ? [new NamedImage(argument)]
        : Directory.Exists(argument) ? Below(argument)
        : argument.Contains('*', StringComparison.Ordinal) ? Matching(argument)
        : [new NamedImage(argument)]);

    /// <summary>Whether bytes are the beginning of an image and not of a list of paths.</summary>
    /// <param name="start">The first bytes, up to 16.</param>
    public static bool IsImage(ReadOnlySpan<byte> start) =>
        start.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF])
        || start.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G'])
        || start.StartsWith("GIF8"u8)
        || (start.StartsWith("RIFF"u8) && start.Length >= 12 && start[8..].StartsWith("WEBP"u8))
        // Four bytes of a bitmap's header are always zero; no path has a zero.
        || (start.StartsWith("BM"u8) && start.Contains((byte)0));

    private static IEnumerable<NamedImage> Below(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Where(static file => FoldersImporter.Extensions.Contains(Path.GetExtension(file)))
        .Order(StringComparer.Ordinal)
        .Select(static file => new NamedImage(file));

    private static IEnumerable<NamedImage> Matching(string pattern)
    {
        // The pattern begins at the first folder whose name has a star.
        string[] names = pattern.Replace('\\', '/').Split('/');
        int fixedNames = Array.FindIndex(names, static name => name.Contains('*', StringComparison.Ordinal));
        string root = fixedNames == 0 ? "" : string.Join('/', names[..fixedNames]) + "/";
        if (root.Length > 0 && !Directory.Exists(root)) return [];
        var matcher = new Matcher(StringComparison.Ordinal);
        matcher.AddInclude(string.Join('/', names[fixedNames..]));
        return matcher.Execute(new DirectoryInfoWrapper(new DirectoryInfo(root.Length == 0 ? "." : root))).Files
            .Select(file => root + file.Path)
            .Order(StringComparer.Ordinal)
            .Select(static file => new NamedImage(file));
    }

    private IEnumerable<NamedImage> ReadInput()
    {
        using Stream input = openInput();
        byte[] start = new byte[SignatureLength];
        int length = input.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        using var whole = new PrefixedStream(start.AsMemory(0, length), input);
        if (IsImage(start.AsSpan(0, length)))
        {
            ArraySegment<byte> content = Images.EncodedImage.Read(whole, Images.ImageLimits.Default);
            yield return new NamedImage(StandardInput, [.. content]);
            yield break;
        }
        using var lines = new StreamReader(whole, Encoding.UTF8);
        while (lines.ReadLine() is { } line)
        {
            if (line.Length > 0) yield return new NamedImage(line);
        }
    }

    /// <summary>Bytes that were read already, then the rest of a stream.</summary>
    private sealed class PrefixedStream(ReadOnlyMemory<byte> prefix, Stream rest) : Stream
    {
        private ReadOnlyMemory<byte> _left = prefix;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            if (_left.IsEmpty) return rest.Read(buffer);
            int count = Math.Min(buffer.Length, _left.Length);
            _left.Span[..count].CopyTo(buffer);
            _left = _left[count..];
            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
