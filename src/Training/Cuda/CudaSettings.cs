using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace FineTune.Training.Cuda;

/// <summary>How CUDA computes, for the whole process. A training on the CPU is not affected.</summary>
/// <param name="Deterministic">Whether the same training on the same device gives the same bytes.</param>
/// <param name="Tf32">Whether products of float32 numbers may be computed with the 10 bits of TF32.</param>
internal sealed partial record CudaSettings(bool Deterministic = true, bool Tf32 = false)
{
    /// <summary>The environment variable from which cuBLAS reads the size of its workspace.</summary>
    public const string WorkspaceVariable = "CUBLAS_WORKSPACE_CONFIG";

    /// <summary>A workspace with which cuBLAS computes the same in every run.</summary>
    public const string Workspace = ":4096:8";

    /// <summary>What is used where nothing else is asked for.</summary>
    public static CudaSettings Default { get; } = new();

    /// <summary>Sets libtorch's global settings. Call it before the first computation on a CUDA device.</summary>
    public void Apply()
    {
        backends.cuda.matmul.allow_tf32 = Tf32;
        backends.cudnn.allow_tf32 = Tf32;
        LibTorchContext.SetDeterministic(Deterministic);
        if (!Deterministic || Environment.GetEnvironmentVariable(WorkspaceVariable) is not null || !OperatingSystem.IsLinux()) return;
        // libtorch reads the C library's environment, of which .NET changes only a copy.
        _ = SetEnvironmentVariable(WorkspaceVariable, Workspace, overwrite: 0);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetEnvironmentVariable(string name, string value, int overwrite);
}
