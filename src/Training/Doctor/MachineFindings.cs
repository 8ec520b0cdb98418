using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using FineTune.Files;
using FineTune.Inference;
using FineTune.Training.Assets;
using FineTune.Training.Cache;
using TorchSharp;

namespace FineTune.Training.Doctor;

/// <summary>What can be said about a machine without libtorch: versions, processor, memory, disk and cache.</summary>
internal static class MachineFindings
{
    /// <summary>The free space below which a training may not find room for its features and checkpoints.</summary>
    private const long LittleSpace = 5L << 30;

    /// <summary>The memory below which only small networks can be trained.</summary>
    private const long LittleMemory = 2L << 30;

    /// <summary>The version of this program, such as <c>0.1.0</c>.</summary>
    public static string Version { get; } =
        typeof(MachineFindings).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>The versions of this program and of what it runs on.</summary>
    public static IEnumerable<Finding> Versions()
    {
        yield return new Finding("versions", "finetune", Version);
        yield return new Finding("versions", ".NET", RuntimeInformation.FrameworkDescription);
        yield return new Finding("versions", "TorchSharp", typeof(torch).Assembly.GetName().Version!.ToString(3));
        yield return new Finding("versions", "system", $"{RuntimeInformation.OSDescription} ({RuntimeInformation.RuntimeIdentifier})");
    }

    /// <summary>Processor and memory.</summary>
    public static IEnumerable<Finding> Hardware()
    {
        yield return new Finding("machine", "processor", FormattableString.Invariant($"{Machine.DescribeProcessor()}; {Environment.ProcessorCount} threads"));
        long memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        yield return memory >= LittleMemory
            ? new Finding("machine", "memory", Bytes(memory))
            : new Finding("machine", "memory", Bytes(memory), Verdict.Warning, "Choose a small backbone and a small batch_size.");
    }

    /// <summary>The cache: its folder, what is in it, and the space on its disk.</summary>
    public static IEnumerable<Finding> Cache(AssetFolders assets)
    {
        var cache = new CacheFolder(assets.Cache);
        string? problem = WriteProblem(assets.Cache);
        yield return problem is null
            ? new Finding("cache", "folder", Path.GetFullPath(assets.Cache))
            : new Finding("cache", "folder", $"{Path.GetFullPath(assets.Cache)} cannot be written: {problem}", Verdict.Error, "Name another folder by --cache or ModelSpecCache.");
        long used = cache.Trimmed.Sum(Size);
        yield return new Finding("cache", "in use", $"{Bytes(used)} of {Bytes(CacheTrimming.Budget)}; the least recently used files beyond that are deleted");
        if (FreeSpace(assets.Cache) is not { } free) yield break;
        yield return free >= LittleSpace
            ? new Finding("cache", "free on its disk", Bytes(free))
            : new Finding("cache", "free on its disk", Bytes(free), Verdict.Warning, "A training keeps checkpoints, and features that do not fit into memory, there.");
    }

    /// <summary>The folders that are searched for datasets and weights.</summary>
    public static IEnumerable<Finding> Assets(AssetFolders assets) => assets.Folders.Count == 0
        ? [new Finding("cache", "assets", "no folder: datasets and weights are downloaded into the cache")]
        : assets.Folders.Select(static folder => Directory.Exists(folder)
            ? new Finding("cache", "assets", folder)
            : new Finding("cache", "assets", $"{folder} does not exist", Verdict.Warning, "Correct MODELSPEC_ASSETS or --assets."));

    /// <summary>A number of bytes for people, such as <c>1.5 GB</c>.</summary>
    public static string Bytes(long bytes) => bytes >= 1L << 30
        ? string.Create(CultureInfo.InvariantCulture, $"{(double)bytes / (1L << 30):0.0} GB")
        : string.Create(CultureInfo.InvariantCulture, $"{(double)bytes / (1L << 20):0} MB");

    /// <summary>Why no file can be written into a folder, or null.</summary>
    private static string? WriteProblem(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            string probe = Path.Combine(folder, $"doctor-{Guid.NewGuid():N}.tmp");
            File.WriteAllBytes(probe, [1]);
            File.Delete(probe);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    private static long Size(DirectoryInfo folder)
    {
        long size = 0;
        // Other trainings delete files meanwhile.
        BestEffort.Run(() => size = folder.EnumerateFiles("*", SearchOption.AllDirectories).Sum(static file => file.Length));
        return size;
    }

    private static long? FreeSpace(string folder)
    {
        long? free = null;
        BestEffort.Run(() => free = new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace);
        return free;
    }
}
