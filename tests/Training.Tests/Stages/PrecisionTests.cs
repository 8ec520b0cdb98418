using FineTune.Training;
using FineTune.Training.Diagnostics;
using ModelSpec.Diagnostics;

namespace Training.Tests.Stages;

public class PrecisionTests
{
    [Fact]
    public void Mixed_precision_learns_the_same_task_and_is_recorded()
    {
        using var project = new TinyProject(images: 24);
        SpecSource spec = project.Read(("epochs = 3\nbatch_size = 4\noptimizer = \"sgd\"", "epochs = 25\nbatch_size = 4\noptimizer = \"sgd\""));
        var log = new RecordingLog();

        byte[] single = project.Train(spec, log);
        byte[] half = project.Train(spec, log, precision: "bf16");
        string halfLock = File.ReadAllText(project.Lock);

        Assert.NotEqual(single, half);
        Assert.Contains("precision = \"bf16\"", halfLock, StringComparison.Ordinal);
        Assert.Equal(2, log.Lines.Count(static l => l.Contains("after fine-tune, test accuracy 100.00%", StringComparison.Ordinal)));
        Assert.Equal(half, project.Train(spec, precision: "bf16"));
    }

    [Fact]
    public void Auto_keeps_what_weights_were_trained_in()
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read();
        byte[] half = project.Train(spec, precision: "bf16");
        var log = new RecordingLog();

        Assert.Equal(half, project.BringUpToDate(spec, log));
        Assert.Contains(log.Lines, static l => l.Contains("up to date", StringComparison.Ordinal));

        project.BringUpToDate(spec, log, precision: "fp32");
        Assert.Contains(log.Lines, static l => l.Contains("trains, as [environment] precision changed \"bf16\" → \"fp32\"", StringComparison.Ordinal));
    }

    [Fact]
    public void Small_networks_are_not_measured()
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read();

        string chosen = Precisions.Choose("auto", spec.Plan, static () => throw new InvalidOperationException("measured"), spec.Name);

        Assert.Equal("fp32", chosen);
    }

    // bfloat16 has to be 1.3 times as fast; measurements differ between real machines.
    [Theory]
    [InlineData(1.31, 1.0, "bf16")]
    [InlineData(1.29, 1.0, "fp32")]
    [InlineData(1.0, 2.0, "fp32")]
    public void Large_networks_are_measured_and_get_what_is_faster(double full, double half, string expected)
    {
        // Filters enough to be worth it.
        using var project = new TinyProject();
        project.Write("tiny.backbone", TinyProject.Backbone.Replace("filters = 6", "filters = 2048", StringComparison.Ordinal).Replace("filters = 4,", "filters = 512,", StringComparison.Ordinal));
        SpecSource spec = project.Read();
        bool measured = false;

        string chosen = Precisions.Choose("auto", spec.Plan, () =>
        {
            measured = true;
            return Devices.Choose("cpu", spec.Name).Device;
        }, spec.Name, (_, _, precision) => precision == TorchSharp.torch.ScalarType.BFloat16 ? half : full);

        Assert.True(measured);
        Assert.Equal(expected, chosen);
    }

    [Fact]
    public void An_unknown_precision_is_an_error()
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read();

        Diagnostic diagnostic = Assert.Throws<TrainingException>(() => project.Train(spec, precision: "fp64")).Diagnostic;

        Assert.Equal("MSPEC3017", diagnostic.Descriptor.Code);
    }

    [Theory]
    [InlineData("1.5 GB", 3L << 29)]
    [InlineData("800MB", 800L << 20)]
    [InlineData("64 kb", 64L << 10)]
    [InlineData("1234", 1234L)]
    [InlineData("much", null)]
    [InlineData("-1 GB", null)]
    public void Amounts_of_memory_are_read_as_people_write_them(string text, long? bytes) => Assert.Equal(bytes, ByteSize.Parse(text));
}
