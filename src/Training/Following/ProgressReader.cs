namespace FineTune.Training.Following;

/// <summary>Reads a progress file while it is written.</summary>
internal sealed class ProgressReader : IDisposable
{
    private readonly FileStream _file;
    private readonly MemoryStream _line = new();

    /// <summary>Opens a file at its start.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public ProgressReader(ProgressFile file) => _file = new FileStream(file.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>The messages since the last call. A line without its end is kept for the next call, and a damaged line is left out.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public IReadOnlyList<ProgressMessage> Read()
    {
        List<ProgressMessage> messages = [];
        byte[] buffer = new byte[1 << 14];
        for (int count; (count = _file.Read(buffer)) > 0;)
        {
            ReadOnlySpan<byte> rest = buffer.AsSpan(0, count);
            for (int end; (end = rest.IndexOf((byte)'\n')) >= 0; rest = rest[(end + 1)..])
            {
                _line.Write(rest[..end]);
                if (ProgressMessage.Parse(_line.GetBuffer().AsSpan(0, (int)_line.Length)) is { } message) messages.Add(message);
                _line.SetLength(0);
            }
            _line.Write(rest);
        }
        return messages;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _file.Dispose();
        _line.Dispose();
    }
}
