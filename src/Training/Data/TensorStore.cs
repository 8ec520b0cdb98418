using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Data;

/// <summary>
/// Stores the large tensors of a training: decoded images and the output of frozen layers. They are in memory up to a budget; beyond it, they are in
/// files that are mapped into memory, so that the system can reclaim their pages.
/// </summary>
/// <param name="budget">The bytes that may be in memory.</param>
/// <param name="folder">The folder of the files. They are deleted when the training ends, and on Unix even if it is killed.</param>
internal sealed class TensorStore(long budget, string folder)
{
    private readonly Lock _gate = new();
    private long _left = budget;

    /// <summary>1.5 GB, so that a training with its activations stays below 3 GB; on a small machine or container, a quarter of its memory.</summary>
    public static long DefaultBudget() => Math.Min(3L << 29, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4);

    /// <summary>Allocates a tensor; its content is undefined.</summary>
    /// <param name="shape">Its shape.</param>
    /// <param name="type">Its element type.</param>
    /// <exception cref="IOException">It does not fit the budget, and the disk has no room for it.</exception>
    public StoredTensor Allocate(ReadOnlySpan<long> shape, ScalarType type)
    {
        long elements = 1;
        foreach (long size in shape) elements = checked(elements * size);
        long bytes = elements * type.ElementSize();
        lock (_gate)
        {
            if (bytes <= _left)
            {
                _left -= bytes;
                return new StoredTensor(empty(shape, dtype: type).DetachFromDisposeScope(), () => GiveBack(bytes));
            }
        }
        return Map(shape, type, elements, bytes);
    }

    private void GiveBack(long bytes)
    {
        lock (_gate) _left += bytes;
    }

    private StoredTensor Map(ReadOnlySpan<long> shape, ScalarType type, long elements, long bytes)
    {
        RemoveLeftovers();
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, Path.GetRandomFileName());
        // Allocate the disk space now: writing to a mapped file on a full disk would crash the process.
        using (File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.None, bytes))
        {
        }
        using (FileStream file = File.OpenWrite(path)) file.SetLength(bytes);
        try
        {
            using Tensor flat = from_file(path, shared: true, size: elements, dtype: type);
            Tensor tensor = flat.view(shape.ToArray()).DetachFromDisposeScope();
            // On Unix, a deleted file keeps its content until its mapping ends, even if the process is killed.
            if (!OperatingSystem.IsWindows()) File.Delete(path);
            return new StoredTensor(tensor, () => File.Delete(path));
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    /// <summary>Deletes the files of killed trainings. Windows does not delete files that are in use.</summary>
    private void RemoveLeftovers()
    {
        if (!Directory.Exists(folder)) return;
        foreach (string file in Directory.EnumerateFiles(folder))
        {
            if (DateTime.UtcNow - File.GetLastWriteTimeUtc(file) < TimeSpan.FromDays(1)) continue;
            try
            {
                File.Delete(file);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // In use by another training.
            }
        }
    }
}

/// <summary>A tensor of a <see cref="TensorStore"/>.</summary>
internal sealed class StoredTensor(Tensor values, Action release) : IDisposable
{
    /// <summary>The tensor.</summary>
    public Tensor Values { get; } = values;

    public void Dispose()
    {
        Values.Dispose();
        release();
    }
}
