using System.Reflection;
using System.Runtime.InteropServices;
using FineTune.Native;

namespace FineTune.Training.Processes;

/// <summary>
/// Where native libraries are for the .NET tool, which has those of images but not libtorch: in its own folder, and in NuGet's
/// package folder, where libtorch is as soon as one project on this machine was restored that uses it.
/// </summary>
internal static class ToolFolders
{
    /// <summary>Makes the folders known, after those that a command line names. In a build or from its output folder, the program needs none.</summary>
    public static void Add()
    {
        string rid = RuntimeInformation.RuntimeIdentifier, own = Path.Combine(AppContext.BaseDirectory, "runtimes", rid, "native");
        if (!Directory.Exists(own) || File.Exists(Path.Combine(AppContext.BaseDirectory, "finetune.deps.json"))) return;
        NativeDirectories.Add(own);
        string libTorch = InPackages(PackagesFolder, rid);
        if (Directory.Exists(libTorch)) NativeDirectories.Add(libTorch);
    }

    /// <summary>The folder of libtorch's libraries in a folder of packages, whether or not it exists.</summary>
    internal static string InPackages(string packages, string rid)
    {
        string version = typeof(ToolFolders).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(static data => data.Key == "LibTorchVersion").Value!;
        return Path.Combine(packages, $"libtorch-cpu-{rid}", version, "runtimes", rid, "native");
    }

    private static string PackagesFolder => Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } folder
        ? folder
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
}
