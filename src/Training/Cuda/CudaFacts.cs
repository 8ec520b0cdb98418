using System.Globalization;
using System.Text.RegularExpressions;
using FineTune.Native;

namespace FineTune.Training.Cuda;

/// <summary>What decides whether libtorch can use a CUDA device.</summary>
/// <param name="Driver">The NVIDIA driver, or null.</param>
/// <param name="HasCuda">Whether libtorch is built with CUDA.</param>
/// <param name="Runtime">The major version of the CUDA that libtorch is built for, or null if its libraries do not say.</param>
/// <param name="Devices">The number of CUDA devices that libtorch finds.</param>
/// <param name="Visible">The environment variable <c>CUDA_VISIBLE_DEVICES</c>, or null.</param>
internal sealed partial record CudaFacts(CudaDriver? Driver, bool HasCuda, int? Runtime, int Devices, string? Visible)
{
    /// <summary>Finds the facts of this machine.</summary>
    /// <param name="devices">The number of CUDA devices that libtorch finds.</param>
    /// <param name="folders">The folders with libtorch's libraries and with those that they need.</param>
    public static CudaFacts Find(int devices, IEnumerable<string> folders)
    {
        string[] files = [.. folders.Where(Directory.Exists).SelectMany(static folder => Directory.EnumerateFiles(folder)).Select(static path => Path.GetFileName(path))];
        bool hasCuda = devices > 0 || files.Contains(NativeDirectories.FileName("torch_cuda"));
        int? runtime = files.Select(static file => RuntimeLibrary().Match(file)).Where(static match => match.Success)
            .Select(static match => (int?)int.Parse(match.Groups["major"].Value, CultureInfo.InvariantCulture)).FirstOrDefault();
        return new CudaFacts(CudaDriver.Find(), hasCuda, runtime, devices, Environment.GetEnvironmentVariable("CUDA_VISIBLE_DEVICES"));
    }

    /// <summary>Why libtorch has no CUDA device, or null if it has one.</summary>
    public string? Problem => this switch
    {
        { Devices: > 0 } => null,
        { Driver: null } => "this machine has no NVIDIA driver",
        { HasCuda: false } => "this libtorch is built without CUDA",
        { Driver.Cuda: { } supported, Runtime: { } needed } when supported.Major < needed =>
            string.Create(CultureInfo.InvariantCulture, $"the NVIDIA driver is too old: it supports CUDA {supported}, and this libtorch is built for CUDA {needed}"),
        { Visible: { } visible } => $"libtorch finds no CUDA device; CUDA_VISIBLE_DEVICES is '{visible}'",
        _ => "libtorch finds no CUDA device",
    };

    /// <summary>What can be done about <see cref="Problem"/>.</summary>
    public string? Advice => this switch
    {
        { Devices: > 0 } => null,
        { Driver: null } => "Install NVIDIA's driver, or use ModelSpecDevice=cpu.",
        { HasCuda: false } => "Set TorchBackend=cuda, or name a libtorch or PyTorch with CUDA by LibTorchDir or --libtorch.",
        { Driver.Cuda: { } supported, Runtime: { } needed } when supported.Major < needed => "Update the driver, or use a libtorch that is built for an older CUDA.",
        { Visible: not null } => "Correct CUDA_VISIBLE_DEVICES; 'nvidia-smi -L' lists the devices.",
        _ => "'nvidia-smi' says whether the driver works; in a container, it must be started with access to the GPU.",
    };

    /// <summary>Why a device cannot be used, and what can be done about it; null if it can.</summary>
    /// <param name="index">The number of the CUDA device, from 0.</param>
    public string? ProblemOf(int index)
    {
        if (Problem is { } problem) return $"{problem}. {Advice}";
        if (index < Devices) return null;
        string devices = Devices == 1 ? "one CUDA device, cuda:0" : string.Create(CultureInfo.InvariantCulture, $"{Devices} CUDA devices, cuda:0 to cuda:{Devices - 1}");
        return $"libtorch finds {devices}{(Visible is null ? "" : $"; CUDA_VISIBLE_DEVICES is '{Visible}'")}.";
    }

    [GeneratedRegex(@"^(libcudart(-[0-9a-f]+)?\.so\.|cudart64_)(?<major>\d+)")]
    private static partial Regex RuntimeLibrary();
}
