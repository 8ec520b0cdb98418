using System.Runtime.InteropServices;
using FineTune.Native;

namespace FineTune.Training.Cuda;

/// <summary>
/// Settings of libtorch that TorchSharp 0.107 does not reach: its <c>use_deterministic_algorithms</c> is not implemented. libtorch exports the
/// member functions of its global <c>at::Context</c>; they are called by their mangled names, with the context as first argument.
/// </summary>
internal static unsafe class LibTorchContext
{
    private static readonly bool IsWindows = OperatingSystem.IsWindows();

    /// <summary>Whether libtorch uses algorithms that give the same result in every run.</summary>
    public static bool IsDeterministic => Get("_ZNK2at7Context23deterministicAlgorithmsEv", "?deterministicAlgorithms@Context@at@@QEBA_NXZ")
        && Get("_ZNK2at7Context18deterministicCuDNNEv", "?deterministicCuDNN@Context@at@@QEBA_NXZ");

    /// <summary>Whether new memory is filled, which <see cref="SetDeterministic"/> turns off.</summary>
    public static bool FillsMemory =>
        Get("_ZNK2at7Context36deterministicFillUninitializedMemoryEv", "?deterministicFillUninitializedMemory@Context@at@@QEBA_NXZ");

    /// <summary>
    /// Makes libtorch, cuDNN and cuBLAS use algorithms that give the same result in every run. Operations that have none warn and are computed.
    /// </summary>
    /// <exception cref="EntryPointNotFoundException">This libtorch does not export the functions.</exception>
    public static void SetDeterministic(bool value)
    {
        byte one = value ? (byte)1 : (byte)0;
        nint context = Context();
        // The second argument: warn only.
        ((delegate* unmanaged<nint, byte, byte, void>)Function(
            "_ZN2at7Context26setDeterministicAlgorithmsEbb", "?setDeterministicAlgorithms@Context@at@@QEAAX_N0@Z"))(context, one, one);
        Set("_ZN2at7Context21setDeterministicCuDNNEb", "?setDeterministicCuDNN@Context@at@@QEAAX_N@Z", one);
        // Every number is written before it is read here, so filling new memory first costs time and changes nothing.
        Set("_ZN2at7Context39setDeterministicFillUninitializedMemoryEb", "?setDeterministicFillUninitializedMemory@Context@at@@QEAAX_N@Z", value ? (byte)0 : (byte)1);

        void Set(string linux, string windows, byte argument) => ((delegate* unmanaged<nint, byte, void>)Function(linux, windows))(context, argument);
    }

    private static bool Get(string linux, string windows) => ((delegate* unmanaged<nint, byte>)Function(linux, windows))(Context()) != 0;

    private static nint Context() => ((delegate* unmanaged<nint>)Function("_ZN2at13globalContextEv", "?globalContext@at@@YAAEAVContext@1@XZ"))();

    private static nint Function(string linux, string windows)
    {
        string file = NativeLibraries.LoadedFile("torch_cpu") ?? throw new EntryPointNotFoundException("libtorch is not loaded.");
        return NativeLibrary.GetExport(NativeLibrary.Load(file), IsWindows ? windows : linux);
    }
}
