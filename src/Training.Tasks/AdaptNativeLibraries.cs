using System.Runtime.InteropServices;
using FineTune.Build.Tasks.Native;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;
using Task = Microsoft.Build.Utilities.Task;

namespace FineTune.Build.Tasks;

/// <summary>
/// Makes copies of TorchSharp's native libraries that load on this system, where its C++ library is too old for them. Where it is not,
/// there will be no copy. The package's own file is never changed.
/// </summary>
public sealed class AdaptNativeLibraries : Task
{
    /// <summary>TorchSharp's native libraries.</summary>
    [Required]
    public ITaskItem[] Libraries { get; set; } = [];

    /// <summary>Where the copies go, under the libraries' names.</summary>
    [Required]
    public string Directory { get; set; } = "";

    /// <inheritdoc />
    public override bool Execute()
    {
        string? libStdCxx = RuntimeInformation.IsOSPlatform(OSPlatform.Linux) ? LibStdCxx.Find() : null;
        foreach (string original in Libraries.Select(static library => library.GetMetadata("FullPath")))
        {
            string copy = Path.Combine(Directory, Path.GetFileName(original));
            try
            {
                File.Delete(copy);
                if (libStdCxx is not null) Adapt(original, copy, libStdCxx);
            }
            catch (Exception e) when (e is NotSupportedException or InvalidDataException or IOException or UnauthorizedAccessException)
            {
                Log.LogError(null, "MSPEC3005", null, original, 0, 0, 0, 0, "TorchSharp's native library cannot be loaded on this system. " + e.Message);
            }
        }
        return !Log.HasLoggedErrors;
    }

    private void Adapt(string original, string copy, string libStdCxx)
    {
        byte[] bytes = File.ReadAllBytes(original);
        IReadOnlyList<string> weakened = LibTorchSharpAdapter.Adapt(bytes, File.ReadAllBytes(libStdCxx));
        if (weakened.Count == 0) return;
        string temporary = copy + "." + Guid.NewGuid().ToString("N");
        File.WriteAllBytes(temporary, bytes);
        File.Move(temporary, copy);
        Log.LogMessage(MessageImportance.High,
            "{0} asks for {1}, which this system's {2} lacks and nothing calls: the output gets a copy that loads without it.",
            Path.GetFileName(original), string.Join(", ", weakened), LibStdCxx.FileName);
    }
}
