using System.Globalization;
using FineTune.Native;
using FineTune.Training.Cuda;
using FineTune.Training.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training;

/// <summary>Chooses the device to train on, with a reason.</summary>
internal static class Devices
{
    /// <summary>How a chosen CUDA device computes: libtorch has one setting for the whole process.</summary>
    public static CudaSettings Settings { get; set; } = CudaSettings.Default;

    /// <summary>Resolves <c>auto</c>, <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    /// <returns>The device and the reason for it.</returns>
    /// <exception cref="TrainingException">The device does not exist, or libtorch cannot be loaded.</exception>
    public static (Device Device, string Reason) Choose(string name, SpecLocation location)
    {
        try
        {
            NativeLibraries.Load();
        }
        catch (IncompatibleLibTorchException e)
        {
            throw location.Error(e, TrainingDiagnostics.LibTorchSymbols, e.Message);
        }
        catch (DllNotFoundException e)
        {
            throw location.Error(e, TrainingDiagnostics.LibTorch, e.Message);
        }

        if (name == "cpu") return (CPU, "asked for");
        CudaFacts facts = FindCuda();
        if (name == "auto") return facts.Problem is { } problem ? (CPU, problem) : (Use(CUDA), "a CUDA device is there");
        int number = 0;
        if (name != "cuda" && !(name.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(name.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out number)))
        {
            throw location.Error(TrainingDiagnostics.Device, $"'{name}' is not a valid device; ModelSpecDevice is auto, cpu, cuda or cuda:N.");
        }
        if (facts.ProblemOf(number) is { } reason) throw location.Error(TrainingDiagnostics.Device, $"The device '{name}' was requested, but {reason}");
        return (Use(name == "cuda" ? CUDA : device(DeviceType.CUDA, number)), "asked for");
    }

    /// <summary>What decides whether libtorch, which must be loaded, can use a CUDA device.</summary>
    public static CudaFacts FindCuda()
    {
        int devices = cuda.is_available() ? cuda.device_count() : 0;
        string? libTorch = Path.GetDirectoryName(NativeLibraries.LoadedFile("torch_cpu"));
        return CudaFacts.Find(devices, libTorch is null ? NativeDirectories.Use() : [libTorch, .. LibTorchFolder.NvidiaFolders(libTorch), .. NativeDirectories.Use()]);
    }

    private static Device Use(Device chosen)
    {
        Settings.Apply();
        return chosen;
    }
}
