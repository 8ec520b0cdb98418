using System.Globalization;
using FineTune.Native;
using FineTune.Training.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training;

/// <summary>Chooses the device to train on, with a reason.</summary>
internal static class Devices
{
    /// <summary>Resolves <c>auto</c>, <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    /// <returns>The device and the reason for it.</returns>
    /// <exception cref="TrainingException">The device does not exist, or libtorch cannot be loaded.</exception>
    public static (Device Device, string Reason) Choose(string name, SpecLocation location)
    {
        try
        {
            NativeLibraries.Load();
        }
        catch (DllNotFoundException e)
        {
            throw location.Error(e, TrainingDiagnostics.LibTorch, e.Message);
        }

        bool available = name != "cpu" && cuda.is_available();
        switch (name)
        {
            case "cpu":
                return (CPU, "asked for");
            case "auto":
                return available ? (CUDA, "a CUDA device is there") : (CPU, "this libtorch finds no CUDA device");
            case "cuda" when available:
                return (CUDA, "asked for");
        }
        if (name.StartsWith("cuda:", StringComparison.Ordinal)
            && int.TryParse(name.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && available && number < cuda.device_count())
        {
            return (device(DeviceType.CUDA, number), "asked for");
        }
        throw location.Error(TrainingDiagnostics.Device, name is "cuda" || name.StartsWith("cuda:", StringComparison.Ordinal)
            ? $"The device '{name}' was requested, but this libtorch finds {(available ? cuda.device_count() : 0)} CUDA devices. Is TorchBackend=cuda set, and the driver new enough?"
            : $"'{name}' is not a valid device; ModelSpecDevice is auto, cpu, cuda or cuda:N.");
    }
}
