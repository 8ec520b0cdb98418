using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Data;

/// <summary>
/// Holds the large tensors of a training, decoded images and the output of frozen layers: in memory up to a budget, and beyond it in
/// files that are mapped into memory, so that the system can take their pages back.
/// </summary>
/// <param name="budget">The bytes that may be in memory.</param>
/// <param name="folder">Where files are made. They vanish with the training, where the system allows also with one that is killed.</param>
internal sealed class TensorStore(long budget, string folder)
{
    private readonly Lock _gate = new();
    private long _left = budget;

    /// <summary>1.5 GB, which leaves room for activations below 3 GB in all; of a small machine, or container, a quarter of its memory.</summary>
    public static long DefaultBudget() => Math.Min(3L << 29, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4);

    /// <summary>Makes a tensor; its content is undefined.</summary>
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
        // Room is taken now: a mapped file that outgrows its disk would end the process.
        using (File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.None, bytes))
        {
        }
        using (FileStream file = File.OpenWrite(path)) file.SetLength(bytes);
        try
        {
            using Tensor flat = from_file(path, shared: true, size: elements, dtype: type);
            Tensor tensor = flat.view(shape.ToArray()).DetachFromDisposeScope();
            // Unix keeps a mapped file without a name until the mapping ends, however that is.
            if (!OperatingSystem.IsWindows()) File.Delete(path);
            return new StoredTensor(tensor, () => File.Delete(path));
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    /// <summary>Files of killed trainings; Windows does not let go of those that are in use.</summary>
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
