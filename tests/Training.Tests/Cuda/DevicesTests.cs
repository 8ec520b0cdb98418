using FineTune.Training;
using FineTune.Training.Commands;
using FineTune.Training.Cuda;
using FineTune.Training.Diagnostics;
using ModelSpec.Text;
using static TorchSharp.torch;

namespace Training.Tests.Cuda;

public class DevicesTests
{
    private static readonly SpecLocation Location = new("sky.modelspec", SourceSpan.FileStart);

    [Fact]
    public void CUDA_that_is_asked_for_and_not_there_is_an_error_with_the_reason_and_the_way_out()
    {
        CudaFacts facts = Facts();
        Assert.SkipWhen(facts.Problem is null, "this machine has a CUDA device");

        TrainingException error = Assert.Throws<TrainingException>(() => Devices.Choose("cuda", Location));

        Assert.Equal("MSPEC3004", error.Diagnostic.Descriptor.Code);
        Assert.Equal($"The device 'cuda' was requested, but {facts.Problem}. {facts.Advice}", error.Diagnostic.Message);
    }

    [Fact]
    public void Without_CUDA_auto_takes_the_CPU_and_says_why()
    {
        CudaFacts facts = Facts();
        Assert.SkipWhen(facts.Problem is null, "this machine has a CUDA device");

        (Device device, string reason) = Devices.Choose("auto", Location);

        Assert.Equal(TorchSharp.DeviceType.CPU, device.type);
        Assert.Equal(facts.Problem, reason);
    }

    [Theory]
    [InlineData("gpu")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("cuda:one")]
    public void A_word_that_is_no_device_is_an_error_with_those_that_are(string name)
    {
        TrainingException error = Assert.Throws<TrainingException>(() => Devices.Choose(name, Location));

        Assert.Equal($"'{name}' is not a valid device; ModelSpecDevice is auto, cpu, cuda or cuda:N.", error.Diagnostic.Message);
    }

    [Fact]
    public void A_named_folder_without_libtorch_is_an_error()
    {
        using var folder = new TemporaryFolder();
        TextWriter console = Console.Out;
        using var output = new StringWriter();
        Console.SetOut(output);
        int code;
        try
        {
            code = new DoctorCommand().Parse(["--libtorch", folder["nothing"], "--cache", folder["cache"]]).Invoke();
        }
        finally
        {
            Console.SetOut(console);
        }

        Assert.Equal(1, code);
        Assert.Contains("error MSPEC3120: ", output.ToString(), StringComparison.Ordinal);
        Assert.Contains(folder["nothing"], output.ToString(), StringComparison.Ordinal);
    }

    private static CudaFacts Facts()
    {
        Devices.Choose("cpu", Location);
        return Devices.FindCuda();
    }
}
