using System.Runtime.InteropServices;

namespace Training.Tests.Cuda;

/// <summary>An error as TorchSharp reports those of libtorch.</summary>
internal sealed class LibTorchException(string message) : ExternalException(message);
