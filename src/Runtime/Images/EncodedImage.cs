namespace FineTune.Images;

/// <summary>The bytes of files and streams, up to <see cref="ImageLimits.MaxBytes"/>.</summary>
internal static class EncodedImage
{
    private const int FirstCapacity = 64 * 1024;

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">The file is longer than the limit; no more than that is read.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read, or is a folder.</exception>
    public static ArraySegment<byte> Read(string path, ImageLimits limits)
    {
        using FileStream file = Open(path, FileOptions.None);
        return Read(file, limits);
    }

    /// <summary>Reads a file asynchronously.</summary>
    /// <inheritdoc cref="Read(string, ImageLimits)" path="/exception"/>
    public static async Task<ArraySegment<byte>> ReadAsync(string path, ImageLimits limits, CancellationToken cancellationToken)
    {
        FileStream file = Open(path, FileOptions.Asynchronous);
        await using (file.ConfigureAwait(false)) return await ReadAsync(file, limits, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads what is left of a stream.</summary>
    /// <exception cref="InvalidDataException">More is left than the limit; no more than that is read.</exception>
    public static ArraySegment<byte> Read(Stream stream, ImageLimits limits)
    {
        byte[] buffer = new byte[Capacity(stream, limits)];
        for (int length = 0; ;)
        {
            int read = stream.Read(buffer, length, buffer.Length - length);
            if (read == 0) return new ArraySegment<byte>(buffer, 0, length);
            length += read;
            if (length == buffer.Length) Grow(ref buffer, limits);
        }
    }

    /// <summary>Reads what is left of a stream asynchronously.</summary>
    /// <inheritdoc cref="Read(Stream, ImageLimits)" path="/exception"/>
    public static async Task<ArraySegment<byte>> ReadAsync(Stream stream, ImageLimits limits, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[Capacity(stream, limits)];
        for (int length = 0; ;)
        {
            int read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken).ConfigureAwait(false);
            if (read == 0) return new ArraySegment<byte>(buffer, 0, length);
            length += read;
            if (length == buffer.Length) Grow(ref buffer, limits);
        }
    }

    private static FileStream Open(string path, FileOptions options) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1, options | FileOptions.SequentialScan);

    /// <summary>One byte more than is left, so that the end is found without growing.</summary>
    private static int Capacity(Stream stream, ImageLimits limits)
    {
        long left = stream.CanSeek ? Math.Max(0, stream.Length - stream.Position) : 0;
        if (left > limits.MaxBytes) throw TooLong(limits);
        return (int)Math.Min(limits.MaxBytes, left == 0 ? FirstCapacity : left) + 1;
    }

    /// <summary>Makes room. A buffer never gets longer than one byte more than the limit, so one that is full by then is too long.</summary>
    private static void Grow(ref byte[] buffer, ImageLimits limits)
    {
        if (buffer.Length > limits.MaxBytes) throw TooLong(limits);
        Array.Resize(ref buffer, (int)Math.Min(2L * buffer.Length, limits.MaxBytes + 1L));
    }

    private static InvalidDataException TooLong(ImageLimits limits) => new(FormattableString.Invariant(
        $"The image has more bytes than the {limits.MaxBytes:N0} that {nameof(ImageLimits)}.{nameof(ImageLimits.MaxBytes)} allows."));
}
