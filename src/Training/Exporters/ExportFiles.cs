using FineTune.Files;
using FineTune.Training.Diagnostics;
using FineTune.Training.Plugins;

namespace FineTune.Training.Exporters;

/// <summary>
/// The files that an exporter writes: temporary files that take their places together when it is done. Where it is not, nothing of them is
/// left, and what stood there before stays.
/// </summary>
/// <param name="paths">The places by the names that the exporter declares.</param>
/// <param name="location">The position that errors are reported at.</param>
internal sealed class ExportFiles(IReadOnlyDictionary<string, string> paths, SpecLocation location) : IDisposable
{
    private readonly Dictionary<string, FileStream> _files = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private bool _isOver;

    /// <summary>Opens a file to be written.</summary>
    /// <param name="name">One of the declared names.</param>
    /// <exception cref="ArgumentException">It is not one of them, or was opened before.</exception>
    /// <exception cref="TrainingException">It cannot be written.</exception>
    public Stream Create(string name)
    {
        lock (_gate)
        {
            if (!paths.TryGetValue(name, out string? path)) throw new ArgumentException($"'{name}' is not one of Outputs: {string.Join(", ", paths.Keys)}.");
            if (_files.ContainsKey(name)) throw new ArgumentException($"'{name}' was created before.");
            if (_isOver) throw new InvalidOperationException("The export is over.");
            try
            {
                string target = Path.GetFullPath(path);
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                return _files[name] = new DurableFile($"{target}.{Guid.NewGuid():N}.tmp");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw location.Error(e, TrainingDiagnostics.CannotWrite, path, ExceptionText.Sentence(e.Message));
            }
        }
    }

    /// <summary>Puts every file into its place.</summary>
    /// <returns>The declared names that were not written; then nothing is in its place.</returns>
    /// <exception cref="IOException">A file cannot take its place.</exception>
    public IReadOnlyList<string> Commit()
    {
        lock (_gate)
        {
            string[] missing = [.. paths.Keys.Where(name => !_files.ContainsKey(name))];
            if (missing.Length > 0) return missing;
            foreach (FileStream file in _files.Values) file.Dispose();
            foreach ((string name, FileStream file) in _files) File.Move(file.Name, paths[name], overwrite: true);
            _files.Clear();
            return [];
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
            foreach (FileStream file in _files.Values)
            {
                BestEffort.Run(file.Dispose);
                BestEffort.Run(() => File.Delete(file.Name));
            }
            _files.Clear();
        }
    }

    /// <summary>A file whose content is on the disk, and not in the system's memory only, when it is closed.</summary>
    private sealed class DurableFile(string path) : FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete, 1 << 16)
    {
        protected override void Dispose(bool disposing)
        {
            if (disposing && CanWrite) Flush(flushToDisk: true);
            base.Dispose(disposing);
        }
    }
}
