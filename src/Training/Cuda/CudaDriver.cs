using System.Runtime.InteropServices;

namespace FineTune.Training.Cuda;

/// <summary>The NVIDIA driver of a machine.</summary>
/// <param name="Description">What the driver says about itself.</param>
/// <param name="Cuda">The newest version of CUDA that it supports, or null if it does not say.</param>
internal sealed record CudaDriver(string Description, Version? Cuda)
{
    private const string DriverFile = "/proc/driver/nvidia/version";

    /// <summary>Finds the driver.</summary>
    /// <returns>The driver, or null if there is none.</returns>
    public static CudaDriver? Find()
    {
        Version? cuda = SupportedCuda();
        if (!OperatingSystem.IsWindows() && File.Exists(DriverFile)) return new CudaDriver(File.ReadLines(DriverFile).FirstOrDefault() ?? "installed", cuda);
        return cuda is null ? null : new CudaDriver("installed", cuda);
    }

    /// <summary>The version that a number of CUDA means: 1000 times the major number plus 10 times the minor one.</summary>
    public static Version VersionOf(int number) => new(number / 1000, number % 1000 / 10);

    /// <summary>Asks the driver's library, which can be asked before it is initialized.</summary>
    private static Version? SupportedCuda()
    {
        string library = OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";
        // Windows Subsystem for Linux has the library in a folder of its own and no driver file.
        if (!NativeLibrary.TryLoad(library, out nint handle) && !NativeLibrary.TryLoad("/usr/lib/wsl/lib/" + library, out handle)) return null;
        if (!NativeLibrary.TryGetExport(handle, "cuDriverGetVersion", out nint function)) return null;
        int number = 0;
        unsafe
        {
            return ((delegate* unmanaged<int*, int>)function)(&number) == 0 && number > 0 ? VersionOf(number) : null;
        }
    }
}
