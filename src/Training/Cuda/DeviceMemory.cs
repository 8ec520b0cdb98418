using System.Runtime.InteropServices;

namespace FineTune.Training.Cuda;

/// <summary>Recognizes that the memory of a CUDA device is exhausted.</summary>
internal static class DeviceMemory
{
    /// <summary>
    /// What libtorch's allocator, CUDA, cuBLAS and cuDNN say. TorchSharp has one type for all errors of libtorch, so only the text tells them apart.
    /// </summary>
    private static readonly string[] Messages =
    [
        "CUDA out of memory",
        "CUDA error: out of memory",
        "CUBLAS_STATUS_ALLOC_FAILED",
        "CUDNN_STATUS_ALLOC_FAILED",
        "CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED",
    ];

    /// <summary>Whether an error, or a cause of it, says so. The CPU's memory is another matter.</summary>
    public static bool IsExhausted(Exception error)
    {
        for (Exception? cause = error; cause is not null; cause = cause.InnerException)
        {
            if (cause is ExternalException && Messages.Any(text => cause.Message.Contains(text, StringComparison.Ordinal))) return true;
        }
        return false;
    }
}
