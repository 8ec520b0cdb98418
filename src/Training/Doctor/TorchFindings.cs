using System.Diagnostics;
using System.Globalization;
using FineTune.Inference;
using FineTune.Native;
using FineTune.Training.Processes;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Doctor;

/// <summary>What libtorch does on a machine: where it is, which devices it finds, how fast it multiplies, and whether its kernels are right.</summary>
internal static class TorchFindings
{
    private const string Topic = "libtorch";

    private const string DriverFile = "/proc/driver/nvidia/version";

    /// <summary>Rows and columns of the matrices of a rate on a CPU and on a GPU.</summary>
    private const int CpuSize = 1024, GpuSize = 8192;

    /// <summary>How much of a rate is measured.</summary>
    private static readonly TimeSpan RateTime = TimeSpan.FromMilliseconds(300);

    /// <summary>Whether libtorch can be loaded, from where, and by which way it was found.</summary>
    /// <param name="named">Folders that the command line names, each with its option.</param>
    /// <param name="isLoaded">Whether the other checks can run.</param>
    public static Finding Library(IReadOnlyList<(string Option, string Folder)> named, out bool isLoaded)
    {
        try
        {
            NativeLibraries.Load();
        }
        catch (DllNotFoundException e)
        {
            isLoaded = false;
            return new Finding(Topic, "library", e.Message, Verdict.Error, "docs/commands.md, 'Native libraries', lists the ways to provide it. 'new', 'inspect', 'weights' and 'fetch' work without it.");
        }
        isLoaded = true;
        string? path = LoadedFile("torch_cpu");
        return new Finding(Topic, "library", path is null ? "found by the system" : $"{path} ({Way(path, named)})");
    }

    /// <summary>The devices: CUDA's, or why there are none.</summary>
    public static IEnumerable<Finding> Devices()
    {
        string? driver = Driver();
        if (driver is not null) yield return new Finding("device", "NVIDIA driver", driver);
        if (cuda.is_available())
        {
            yield return new Finding("device", "auto", FormattableString.Invariant($"cuda: {cuda.device_count()} CUDA devices{Names()}"));
            yield break;
        }
        bool hasCuda = LoadedFile("torch_cpu") is { } path && Directory.EnumerateFiles(Path.GetDirectoryName(path)!, "*torch_cuda*").Any();
        string? visible = Environment.GetEnvironmentVariable("CUDA_VISIBLE_DEVICES");
        yield return (driver, hasCuda) switch
        {
            (null, _) => new Finding("device", "auto", "cpu: there is no NVIDIA driver on this machine"),
            (_, false) => new Finding("device", "auto", "cpu: this libtorch is built without CUDA, but the machine has an NVIDIA driver", Verdict.Warning, "Set TorchBackend=cuda, or name a libtorch with CUDA by --libtorch or LibTorchDir."),
            _ => new Finding("device", "auto", $"cpu: libtorch finds no CUDA device{(visible is null ? "" : $"; CUDA_VISIBLE_DEVICES is '{visible}'")}", Verdict.Warning, "The driver may be too old for this libtorch; update it."),
        };
    }

    /// <summary>
    /// The rates of matrix multiplication in float32 and bfloat16 on the device that <c>auto</c> chooses: two operations for each product and sum,
    /// the best of many multiplications.
    /// </summary>
    public static IEnumerable<Finding> Rates()
    {
        bool onGpu = cuda.is_available();
        Device where = onGpu ? CUDA : CPU;
        double single = Rate(ScalarType.Float32, where, onGpu ? GpuSize : CpuSize), half = Rate(ScalarType.BFloat16, where, onGpu ? GpuSize : CpuSize);
        yield return new Finding("speed", "float32", string.Create(CultureInfo.InvariantCulture, $"{single:0} GFLOP/s"));
        yield return new Finding("speed", "bfloat16", string.Create(CultureInfo.InvariantCulture,
            $"{half:0} GFLOP/s, {half / single:0.0} × float32: {(half > single ? "the processor has instructions for it" : "no gain here; precision 'auto' measures and chooses float32")}"));
    }

    /// <summary>Whether convolutions on the CPU are right, of the kinds that backbones have.</summary>
    /// <param name="fault">Changes what was computed, for tests; null otherwise.</param>
    public static Finding Kernels(Func<KernelCase, Tensor, Tensor>? fault = null)
    {
        KernelCase[] wrong = [.. KernelCase.All.Where(kernel => !kernel.IsRight(fault))];
        return wrong.Length == 0
            ? new Finding("kernels", "convolutions", FormattableString.Invariant($"{KernelCase.All.Count} kinds are right in float32 and bfloat16"))
            : new Finding("kernels", "convolutions", $"wrong on this machine: {string.Join("; ", wrong.Select(static kernel => kernel.ToString()))}", Verdict.Warning,
                $"Trainings and generated classes find such layers and run them in a slower, correct way (MSPEC3026). Other programs on this libtorch do not. {SelfCheck.Describe()}.");
    }

    private static double Rate(ScalarType type, Device where, int size)
    {
        using IDisposable inference = inference_mode();
        using Tensor a = rand([size, size], device: where).to_type(type), b = rand([size, size], device: where).to_type(type);
        double best = double.MaxValue;
        var clock = Stopwatch.StartNew();
        for (int round = 0; round < 2 || clock.Elapsed < RateTime; round++)
        {
            TimeSpan start = clock.Elapsed;
            using Tensor product = a.matmul(b);
            // Read back, for a GPU would still be at work.
            using Tensor one = product[0, 0].cpu();
            best = Math.Min(best, (clock.Elapsed - start).TotalSeconds);
        }
        return 2.0 * size * size * size / best / 1e9;
    }

    private static string Way(string path, IReadOnlyList<(string Option, string Folder)> named)
    {
        string folder = Path.GetDirectoryName(path)!;
        foreach ((string option, string candidate) in named)
        {
            if (Path.GetFullPath(candidate).TrimEnd(Path.DirectorySeparatorChar) == folder) return $"named by {option}";
        }
        if (folder.StartsWith(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar), StringComparison.Ordinal)) return "beside this program";
        if (folder.Contains("libtorch-", StringComparison.Ordinal)) return "NuGet's package folder";
        return AppContext.GetData(NativeDirectories.Option) is string option2 && option2.Contains(folder, StringComparison.Ordinal) ? "LibTorchDir" : "found by the system";
    }

    /// <summary>The file of a library that this process has loaded, or null.</summary>
    private static string? LoadedFile(string library)
    {
        using var process = Process.GetCurrentProcess();
        foreach (ProcessModule module in process.Modules)
        {
            if (Path.GetFileName(module.FileName) == NativeDirectories.FileName(library)) return module.FileName;
        }
        return null;
    }

    private static string? Driver()
    {
        if (OperatingSystem.IsWindows()) return File.Exists(Path.Combine(Environment.SystemDirectory, "nvcuda.dll")) ? "installed" : null;
        return File.Exists(DriverFile) ? File.ReadLines(DriverFile).FirstOrDefault() : null;
    }

    private static string Names()
    {
        const string Folder = "/proc/driver/nvidia/gpus";
        if (!Directory.Exists(Folder)) return "";
        string[] names =
        [
            .. Directory.EnumerateFiles(Folder, "information", SearchOption.AllDirectories)
                .SelectMany(File.ReadLines).Where(static line => line.StartsWith("Model:", StringComparison.Ordinal)).Select(static line => line[6..].Trim()),
        ];
        return names.Length == 0 ? "" : $" ({string.Join(", ", names)})";
    }
}
