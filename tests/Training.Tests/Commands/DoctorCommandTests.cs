using System.Text.Json;
using FineTune.Training;
using FineTune.Training.Assets;
using FineTune.Training.Commands;
using FineTune.Training.Doctor;
using static TorchSharp.torch;

namespace Training.Tests.Commands;

public class DoctorCommandTests
{
    static DoctorCommandTests() => FineTune.Native.NativeLibraries.Load();

    [Fact]
    public void It_finds_libtorch_devices_speed_kernels_and_cache()
    {
        using var folder = new TemporaryFolder();

        (int code, string output) = Run(["--json", "--cache", folder["cache"]]);

        Assert.Equal(0, code);
        using JsonDocument json = JsonDocument.Parse(output);
        Assert.True(json.RootElement.GetProperty("ok").GetBoolean());
        Dictionary<string, string> values = json.RootElement.GetProperty("findings").EnumerateArray()
            .GroupBy(static f => $"{f.GetProperty("topic").GetString()}/{f.GetProperty("name").GetString()}")
            .ToDictionary(static g => g.Key, static g => g.First().GetProperty("value").GetString()!, StringComparer.Ordinal);
        Assert.Contains("torch_cpu", values["libtorch/library"], StringComparison.Ordinal);
        Assert.Matches("^(cpu|cuda): ", values["device/auto"]);
        Assert.Matches("^[1-9][0-9]* GFLOP/s", values["speed/float32"]);
        Assert.Equal(folder["cache"], values["cache/folder"]);
        Assert.Contains("kernels/convolutions", values.Keys);
    }

    [Fact]
    public void A_kernel_that_is_wrong_is_named()
    {
        Finding finding = TorchFindings.Kernels(static (kernel, result) => kernel is { Inputs: 16, Outputs: 32 } ? zeros_like(result) : result);

        Assert.Equal(Verdict.Warning, finding.Verdict);
        Assert.Contains("depthwise with several outputs, 16 to 32 channels, 3 × 3", finding.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cache_that_cannot_be_written_is_an_error()
    {
        using var folder = new TemporaryFolder();

        (int code, string output) = Run(["--cache", Path.Combine(folder.Write("file", ""), "cache")]);

        Assert.Equal(1, code);
        Assert.Contains(output.Split('\n'), static line => line.StartsWith("error    cache", StringComparison.Ordinal));
        Assert.Contains("MSPEC3093", output, StringComparison.Ordinal);
    }

    [Fact]
    public void With_a_spec_it_says_what_a_build_would_do_and_does_nothing()
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read();
        Assert.Equal("trains, as there is no tiny.modelspec.lock", Build(spec));

        project.BringUpToDate(spec);
        byte[] weights = File.ReadAllBytes(project.Output);
        Assert.Equal("up to date: nothing is trained", Build(spec));

        Assert.Contains("learning_rate", Build(project.Read(("learning_rate = 0.01\nmomentum", "learning_rate = 0.02\nmomentum"))), StringComparison.Ordinal);
        Assert.Equal(weights, File.ReadAllBytes(project.Output));

        string Build(SpecSource source) => SpecFindings.Of(
            source, new FineTuningOptions(project.Output, "cpu", new AssetFolders([], project.Cache)), new RecordingLog(), CancellationToken.None)
            .Single(static finding => finding.Name == "build").Value;
    }

    [Fact]
    public void Weights_that_would_be_downloaded_are_named_and_not_downloaded()
    {
        using var folder = new TemporaryFolder();
        SpecSource spec = Reference.Spec("mobilenet.modelspec");

        Finding[] findings =
        [
            .. SpecFindings.Of(spec, new FineTuningOptions(folder["w.safetensors"], "cpu", new AssetFolders([], folder["cache"])), new RecordingLog(), CancellationToken.None),
        ];

        Assert.Contains("mobilenet_7_5_224_tf_no_top.h5 is not here; a training downloads it (7.5 MB)", findings.Select(static f => f.Value));
        Assert.Contains("trains, after it has downloaded what is not here", findings.Select(static f => f.Value));
        Assert.DoesNotContain(findings, static f => f.Verdict == Verdict.Error);
    }

    private static (int Code, string Output) Run(string[] arguments)
    {
        TextWriter console = Console.Out;
        using var output = new StringWriter();
        Console.SetOut(output);
        try
        {
            return (new DoctorCommand().Parse(arguments).Invoke(), output.ToString());
        }
        finally
        {
            Console.SetOut(console);
        }
    }
}
