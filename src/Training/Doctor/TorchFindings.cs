using System.Diagnostics;
using System.Globalization;
using FineTune.Inference;
using FineTune.Native;
using FineTune.Training.Cuda;
using FineTune.Training.Processes;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Doctor;

/// <summary>What libtorch does on a machine: where it is, which devices it finds, how fast it multiplies, and whether its kernels are right.</summary>
internal static class TorchFindings
{
    private const string Topic = "libtorch";

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
        catch (IncompatibleLibTorchException e)
        {
            isLoaded = false;
            return new Finding(Topic, "symbols", e.Message, Verdict.Error, "docs/gpu.md lists the versions of PyTorch that have them.");
        }
        catch (DllNotFoundException e)
        {
            isLoaded = false;
            return new Finding(Topic, "library", e.Message, Verdict.Error, "docs/commands.md, 'Native libraries', lists the ways to provide it. 'new', 'inspect', 'weights' and 'fetch' work without it.");
        }
        isLoaded = true;
        string? path = NativeLibraries.LoadedFile("torch_cpu");
        return new Finding(Topic, "library", path is null ? "found by the system" : $"{path} ({Way(path, named)})");
    }

    /// <summary>Whether libtorch has the symbols that TorchSharp asks for, where both are files that this program can read.</summary>
    public static IEnumerable<Finding> Symbols()
    {
        if (!OperatingSystem.IsLinux() || NativeLibraries.LoadedFile("torch_cpu") is not { } path || NativeLibraries.LoadedFile("LibTorchSharp") is not { } binding) yield break;
        string folder = Path.GetDirectoryName(path)!;
        IReadOnlyList<string> missing = LibTorchSymbols.Missing(binding, folder, out int count);
        string version = LibTorchFolder.Version(folder) is { } known ? $"{known}: " : "";
        yield return missing.Count == 0
            ? new Finding(Topic, "symbols", FormattableString.Invariant($"{version}all {count} that TorchSharp asks for"))
            : new Finding(Topic, "symbols", FormattableString.Invariant($"{version}{missing.Count} of {count} are missing: {string.Join(", ", missing.Take(3))}"), Verdict.Error, $"Use libtorch {LibTorchSymbols.BuiltFor}; docs/gpu.md lists other versions that have them.");
    }

    /// <summary>The devices: CUDA's, or why there are none.</summary>
    public static IEnumerable<Finding> Devices()
    {
        CudaFacts facts = Training.Devices.FindCuda();
        if (facts.Driver is { } driver) yield return new Finding("device", "NVIDIA driver", driver.Description + (driver.Cuda is { } cuda ? $"; CUDA {cuda} or older" : ""));
        if (facts.Problem is not { } problem)
        {
            yield return new Finding("device", "auto", FormattableString.Invariant($"cuda: {facts.Devices} CUDA devices{Names()}"));
            yield break;
        }
        // Without a GPU, everything is as it should be.
        yield return facts.Driver is null
            ? new Finding("device", "auto", $"cpu: {problem}")
            : new Finding("device", "auto", $"cpu: {problem}", Verdict.Warning, facts.Advice);
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
            // Not matmul, in which TorchSharp 0.107 catches no error of libtorch: one of the device would end the process.
            using Tensor product = a.mm(b);
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
