using FineTune.Native;
using FineTune.Training.Cuda;

namespace Training.Tests.Cuda;

public class CudaFactsTests
{
    private static readonly CudaDriver Driver = new("NVIDIA 550.54", new Version(12, 4));

    private static readonly CudaFacts Two = new(Driver, HasCuda: true, Runtime: 12, Devices: 2, Visible: null);

    [Fact]
    public void Devices_that_libtorch_finds_can_be_used()
    {
        Assert.Null(Two.Problem);
        Assert.Null(Two.Advice);
        Assert.Null(Two.ProblemOf(1));
    }

    [Fact]
    public void Without_a_driver_nothing_else_matters()
    {
        CudaFacts facts = new(null, HasCuda: false, Runtime: null, Devices: 0, Visible: null);

        Assert.Equal("this machine has no NVIDIA driver", facts.Problem);
        Assert.Equal("this machine has no NVIDIA driver. Install NVIDIA's driver, or use ModelSpecDevice=cpu.", facts.ProblemOf(0));
    }

    [Fact]
    public void A_libtorch_without_CUDA_is_named_with_the_property_that_gets_another()
    {
        CudaFacts facts = new(Driver, HasCuda: false, Runtime: null, Devices: 0, Visible: null);

        Assert.Equal("this libtorch is built without CUDA", facts.Problem);
        Assert.Contains("TorchBackend=cuda", facts.Advice, StringComparison.Ordinal);
        Assert.Contains("LibTorchDir", facts.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public void A_driver_that_is_too_old_is_named_with_both_versions()
    {
        CudaFacts facts = new(Driver, HasCuda: true, Runtime: 13, Devices: 0, Visible: null);

        Assert.Equal("the NVIDIA driver is too old: it supports CUDA 12.4, and this libtorch is built for CUDA 13", facts.Problem);
        Assert.Contains("Update the driver", facts.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public void A_driver_of_the_same_major_version_is_new_enough()
    {
        CudaFacts facts = new(Driver, HasCuda: true, Runtime: 12, Devices: 0, Visible: null);

        Assert.Equal("libtorch finds no CUDA device", facts.Problem);
    }

    [Fact]
    public void Devices_that_the_environment_hides_are_explained()
    {
        CudaFacts facts = new(Driver, HasCuda: true, Runtime: 12, Devices: 0, Visible: "");

        Assert.Equal("libtorch finds no CUDA device; CUDA_VISIBLE_DEVICES is ''", facts.Problem);
    }

    [Fact]
    public void A_number_beyond_the_last_device_is_a_problem()
    {
        Assert.Equal("libtorch finds 2 CUDA devices, cuda:0 to cuda:1.", Two.ProblemOf(2));
        Assert.Equal("libtorch finds one CUDA device, cuda:0; CUDA_VISIBLE_DEVICES is '3'.", (Two with { Devices = 1, Visible = "3" }).ProblemOf(1));
    }

    [Theory]
    [InlineData("libcudart.so.12", 12)]
    [InlineData("libcudart-218eec4c.so.12", 12)]
    [InlineData("cudart64_13.dll", 13)]
    [InlineData("libcudart_static.a", null)]
    [InlineData("libcublas.so.12", null)]
    public void The_version_of_CUDA_is_read_from_the_name_of_its_runtime(string file, int? major)
    {
        using var folder = new TemporaryFolder();
        folder.Write($"libtorch/{NativeDirectories.FileName("torch_cuda")}", "");
        folder.Write($"runtime/{file}", "");

        CudaFacts facts = CudaFacts.Find(0, [folder["libtorch"], folder["runtime"], folder["not there"]]);

        Assert.True(facts.HasCuda);
        Assert.Equal(major, facts.Runtime);
    }

    [Fact]
    public void The_number_of_a_version_of_CUDA_is_read() => Assert.Equal(new Version(12, 8), CudaDriver.VersionOf(12080));
}
