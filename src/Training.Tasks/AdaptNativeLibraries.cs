using System.Runtime.InteropServices;
using FineTune.Build.Tasks.Native;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;
using Task = Microsoft.Build.Utilities.Task;

namespace FineTune.Build.Tasks;

/// <summary>
/// Replaces TorchSharp's native library among the files to copy by an adapted copy, where this system's C++ library is too old for
/// it. Elsewhere it does nothing. The package's own file is never changed.
/// </summary>
public sealed class AdaptNativeLibraries : Task
{
    /// <summary>TorchSharp's native libraries on their way to the output folder or to a publish folder.</summary>
    [Required]
    public ITaskItem[] Libraries { get; set; } = [];

    /// <summary>Where adapted copies are kept between builds.</summary>
    [Required]
    public string Directory { get; set; } = "";

    /// <summary>The files of <see cref="Libraries"/> that have an adapted copy.</summary>
    [Output]
    public ITaskItem[] Replaced { get; private set; } = [];

    /// <summary>The adapted copies, with the metadata of the files that they replace.</summary>
    [Output]
    public ITaskItem[] Adapted { get; private set; } = [];

    /// <inheritdoc />
    public override bool Execute()
    {
        if (!RuntimeInformation.IsOSPlatform(OSPlatform.Linux) || LibStdCxx.Find() is not { } libStdCxx) return true;
        List<ITaskItem> replaced = [];
        List<ITaskItem> adapted = [];
        foreach (ITaskItem library in Libraries)
        {
            string original = library.GetMetadata("FullPath");
            string copy = Path.Combine(Directory, Path.GetFileName(original));
            try
            {
                if (IsUpToDate(copy, original, libStdCxx) || Adapt(original, copy, libStdCxx))
                {
                    replaced.Add(library);
                    adapted.Add(new TaskItem(copy, library.CloneCustomMetadata()));
                }
            }
            catch (Exception e) when (e is NotSupportedException or InvalidDataException or IOException or UnauthorizedAccessException)
            {
                Log.LogError(null, "MSPEC3005", null, original, 0, 0, 0, 0, "TorchSharp's native library cannot be loaded on this system. " + e.Message);
            }
        }
        Replaced = [.. replaced];
        Adapted = [.. adapted];
        return !Log.HasLoggedErrors;
    }

    private static bool IsUpToDate(string copy, string original, string libStdCxx) =>
        File.Exists(copy)
        && File.GetLastWriteTimeUtc(copy) >= File.GetLastWriteTimeUtc(original)
        && File.GetLastWriteTimeUtc(copy) >= File.GetLastWriteTimeUtc(libStdCxx);

    private bool Adapt(string original, string copy, string libStdCxx)
    {
        byte[] bytes = File.ReadAllBytes(original);
        IReadOnlyList<string> weakened = LibTorchSharpAdapter.Adapt(bytes, File.ReadAllBytes(libStdCxx));
        if (weakened.Count == 0)
        {
            File.Delete(copy);
            return false;
        }
        System.IO.Directory.CreateDirectory(Directory);
        string temporary = copy + "." + Guid.NewGuid().ToString("N");
        File.WriteAllBytes(temporary, bytes);
        File.Delete(copy);
        File.Move(temporary, copy);
        Log.LogMessage(MessageImportance.High,
            "{0} asks for {1}, which this system's {2} lacks and nothing calls: the output gets a copy that loads without it.",
            Path.GetFileName(original), string.Join(", ", weakened), LibStdCxx.FileName);
        return true;
    }
}
