namespace FineTune.Native;

/// <summary>A libtorch lacks symbols that TorchSharp's native library asks for.</summary>
internal sealed class IncompatibleLibTorchException(string message) : DllNotFoundException(message);
