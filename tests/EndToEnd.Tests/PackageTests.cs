using System.Diagnostics;
using System.Text.RegularExpressions;

namespace EndToEnd.Tests;

/// <summary>A project that references the package: it is trained, run, and broken in the ways in which users break it.</summary>
public sealed partial class PackageTests
{
    private readonly PackageConsumer _consumer;

    public PackageTests(PackageConsumer consumer)
    {
        _consumer = consumer;
        consumer.Reset();
    }

    [Fact]
    public void It_trains_embeds_and_predicts_and_what_has_not_changed_is_not_trained_again()
    {
        CommandResult first = _consumer.Build("-p:TrainModel=true").Succeeded();
        Assert.Contains("SkyClassifier: learn epoch 30/30, loss", first.Output, StringComparison.Ordinal);
        Assert.Contains("test accuracy 100.00% (10 of 10)", first.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("warning", first.Output.Replace("0 Warning", "", StringComparison.Ordinal), StringComparison.Ordinal);

        CommandResult run = DotNet.Run(_consumer.App, "run", "--no-build", "--", "pictures/red/3.png", "pictures/blue/4.png").Succeeded();
        Assert.Equal(["3.png: Red", "4.png: Blue"], run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

        CommandResult second = _consumer.Build("-p:TrainModel=true").Succeeded();
        Assert.Contains("SkyClassifier: up to date, sky.safetensors has test accuracy 100.00%", second.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("epoch", second.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_weights_a_build_succeeds_with_a_warning_at_the_spec_and_never_trains()
    {
        CommandResult build = _consumer.Build().Succeeded();

        Assert.Matches(@"sky\.modelspec.*: warning MSPEC3001: .*-p:TrainModel=true", build.Output);
        Assert.False(File.Exists(_consumer.Weights));
        CommandResult run = DotNet.Run(_consumer.App, "run", "--no-build").Failed();
        Assert.Contains("was built without trained weights for SkyClassifier", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_design_time_build_starts_nothing()
    {
        CommandResult build = _consumer.Build("-p:TrainModel=true", "-p:DesignTimeBuild=true", "-p:SkipCompilerExecution=true", "-p:ProvideCommandLineArgs=true", "-t:Compile").Succeeded();

        Assert.DoesNotContain("SkyClassifier", build.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(_consumer.Weights));
    }

    // What is broken, the code, and the line and column of the error.
    [Theory]
    [InlineData("\"pictures\"", "\"photos\"", "MSPEC1001", 6, 10)]
    [InlineData("\"adam\"", "\"adma\"", "MSPEC0006", 21, 13)]
    [InlineData("linear(2)", "linear(3)", "MSPEC0009", 14, 34)]
    [InlineData("[\"red\", \"blue\"]", "[\"red\", \"green\"]", "MSPEC1005", 3, 11)]
    public void An_error_of_the_spec_or_of_its_data_is_an_error_of_the_build_at_its_place(string old, string replacement, string code, int line, int column)
    {
        Assert.Contains(old, PackageConsumer.Spec, StringComparison.Ordinal);
        _consumer.Write("App/sky.modelspec", PackageConsumer.Spec.Replace(old, replacement, StringComparison.Ordinal));

        CommandResult build = _consumer.Build("-p:TrainModel=true").Failed();

        Assert.Contains($"sky.modelspec({line},{column}): error {code}: ", build.Output, StringComparison.Ordinal);
        Assert.Single(ErrorLine().Matches(build.Output).Select(static m => m.Value).Distinct());
        Assert.False(File.Exists(_consumer.Weights));
    }

    [Fact]
    public void Two_specs_of_one_file_name_keep_their_weights_apart()
    {
        _consumer.Write("App/models/sky.modelspec", PackageConsumer.Spec
            .Replace("name = \"SkyClassifier\"", "name = \"SeaClassifier\"\nseed = 2", StringComparison.Ordinal)
            .Replace("\"pictures\"", "\"../pictures\"", StringComparison.Ordinal));
        _consumer.Write("App/Sea.cs", """
            #pragma warning disable CA2255 // Runs before Main, which uses only the other classifier.
            namespace App;

            internal static class Sea
            {
                [System.Runtime.CompilerServices.ModuleInitializer]
                internal static void Look()
                {
                    using var sea = SeaClassifier.Load();
                    Console.WriteLine($"{sea.GetName()} is loaded from {SeaClassifier.WeightsResource}");
                }
            }
            """);
        try
        {
            CommandResult build = _consumer.Build("-p:TrainModel=true").Succeeded();

            Assert.Contains("SkyClassifier: learn epoch 30/30", build.Output, StringComparison.Ordinal);
            Assert.Contains("SeaClassifier: learn epoch 30/30", build.Output, StringComparison.Ordinal);
            Assert.Equal(["models/sky.safetensors", "sky.safetensors"], _consumer.Resources());
            CommandResult app = DotNet.Run(_consumer.App, _consumer.Assembly).Succeeded();
            Assert.Matches(@"SeaClassifier is loaded from models/sky\.safetensors", app.Output);
        }
        finally
        {
            Directory.Delete(Path.Combine(_consumer.App, "models"), recursive: true);
            File.Delete(Path.Combine(_consumer.App, "Sea.cs"));
        }
    }

    [Fact]
    public void The_cuda_backend_names_the_package_that_is_missing()
    {
        CommandResult build = _consumer.Build("-p:TorchBackend=cuda").Failed();

        Assert.Contains("error MSPEC3007: ", build.Output, StringComparison.Ordinal);
        Assert.Matches(@"TorchSharp-cuda-\w+"" Version=""\d+\.\d+\.\d+"" />.*libtorch-cpu"" Version=""\d+\.\d+\.\d+""", build.Output);
    }

    [Fact]
    public void InspectModel_prints_the_layers()
    {
        CommandResult build = _consumer.Build("-t:InspectModel").Succeeded();

        Assert.Matches(@"1  conv +Conv2D +\[N, 6, 8, 8\] +168  trains", build.Output);
    }

    [Fact]
    public void A_cancelled_build_leaves_no_trainer_and_nothing_half_written()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "signals and /proc are Linux's");
        Assert.SkipWhen(LinuxProcesses.IgnoresInterrupt(), "these tests were started in the background, where Ctrl-C is ignored");
        _consumer.Write("App/sky.modelspec", PackageConsumer.Spec.Replace("epochs = 30", "epochs = 1000000", StringComparison.Ordinal));

        using Process build = DotNet.Start("dotnet", _consumer.App, "build", "--no-restore", "--tl:off", "-p:TrainModel=true");
        OutputBuffer output = DotNet.Collect(build);
        SpinWait.SpinUntil(() => build.HasExited || output.ToString().Contains("epoch ", StringComparison.Ordinal), TimeSpan.FromMinutes(2));
        Assert.Contains("epoch ", output.ToString(), StringComparison.Ordinal);
        LinuxProcesses.Interrupt(build.Id);

        bool ended = build.WaitForExit(TimeSpan.FromMinutes(1));
        if (!ended) build.Kill(entireProcessTree: true);
        Assert.True(ended, output.ToString());
        Assert.NotEqual(0, build.ExitCode);
        Assert.Empty(Trainers());
        Assert.Empty(Directory.GetFiles(_consumer.App, "*.safetensors*"));
    }

    [Fact]
    public void A_killed_build_leaves_no_trainer_and_the_next_one_goes_on()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "processes are looked for in /proc");
        string spec = PackageConsumer.Spec.Replace("epochs = 30", "epochs = 2500", StringComparison.Ordinal);
        _consumer.Write("App/sky.modelspec", spec);
        _consumer.Build("-p:TrainModel=true").Succeeded();
        byte[] undisturbed = File.ReadAllBytes(_consumer.Weights);
        _consumer.Reset();
        _consumer.Write("App/sky.modelspec", spec);

        using (Process build = DotNet.Start("dotnet", _consumer.App, "build", "--no-restore", "--tl:off", "-p:TrainModel=true"))
        {
            OutputBuffer output = DotNet.Collect(build);
            Assert.True(SpinWait.SpinUntil(() => output.ToString().Contains("learn epoch 1/", StringComparison.Ordinal), TimeSpan.FromMinutes(2)), output.ToString());
            // Kill only the build's process: its children must detect that.
            build.Kill();
        }

        Assert.True(SpinWait.SpinUntil(() => !Trainers().Any(), TimeSpan.FromMinutes(1)), "the trainer outlives its build");
        Assert.False(File.Exists(_consumer.Weights));
        Assert.Contains("SkyClassifier: learn resumes after epoch", _consumer.Build("-p:TrainModel=true").Succeeded().Output, StringComparison.Ordinal);
        Assert.Equal(undisturbed, File.ReadAllBytes(_consumer.Weights));
    }

    /// <summary>The trainers of this test's package; other trainers may run on this machine.</summary>
    private IEnumerable<string> Trainers() =>
        LinuxProcesses.CommandLines().Where(line => line.Contains(_consumer.Version + "/build/../tools", StringComparison.Ordinal));

    [GeneratedRegex(@"^.*: error .*$", RegexOptions.Multiline)]
    private static partial Regex ErrorLine();
}
