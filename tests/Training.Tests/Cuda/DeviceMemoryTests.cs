using System.Runtime.InteropServices;
using FineTune.Training.Cuda;
using static TorchSharp.torch;

namespace Training.Tests.Cuda;

public class DeviceMemoryTests
{
    [Theory]
    [InlineData("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 23.64 GiB of which 1.20 GiB is free.\nException raised from malloc at CUDACachingAllocator.cpp")]
    [InlineData("CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported at some other API call")]
    [InlineData("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`")]
    [InlineData("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED")]
    public void What_the_libraries_say_is_recognized(string message)
    {
        Assert.True(DeviceMemory.IsExhausted(new LibTorchException(message)));
        Assert.True(DeviceMemory.IsExhausted(new AggregateException(new LibTorchException(message))));
    }

    [Theory]
    [InlineData("CUDA error: device-side assert triggered")]
    [InlineData("[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 4000000000000 bytes.")]
    [InlineData("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED")]
    public void Other_errors_are_not(string message) => Assert.False(DeviceMemory.IsExhausted(new LibTorchException(message)));

    [Fact]
    public void A_text_of_something_else_than_libtorch_is_not() => Assert.False(DeviceMemory.IsExhausted(new InvalidOperationException("CUDA out of memory")));

    [Fact]
    public void The_errors_of_libtorch_are_of_the_type_that_is_looked_for()
    {
        FineTune.Native.NativeLibraries.Load();
        using var left = zeros(2, 3);
        using var right = zeros(2, 3);

        Assert.ThrowsAny<ExternalException>(() => left.mm(right));
    }
}
