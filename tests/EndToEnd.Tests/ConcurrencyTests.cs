using System.Diagnostics;

namespace EndToEnd.Tests;

/// <summary>Several builds of one spec at the same time, and builds that leave no processes running.</summary>
public sealed class ConcurrencyTests
{
    private readonly PackageConsumer _consumer;

    public ConcurrencyTests(PackageConsumer consumer)
    {
        _consumer = consumer;
        consumer.Reset();
    }

    [Fact]
    public void Of_two_terminals_one_trains_and_the_other_waits_and_reuses()
    {
        string longer = PackageConsumer.Spec.Replace("epochs = 30", "epochs = 300", StringComparison.Ordinal);
        _consumer.Write("App/sky.modelspec", longer);
        (Process Process, OutputBuffer Output)[] terminals = [.. Enumerable.Range(0, 2).Select(_ =>
        {
            Process process = DotNet.Start("dotnet", _consumer.App, "build", "--no-restore", "--tl:off", "-t:FineTune");
            return (process, DotNet.Collect(process));
        })];
        foreach ((Process process, OutputBuffer output) in terminals)
        {
            Assert.True(process.WaitForExit(TimeSpan.FromMinutes(2)), output.ToString());
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, output.ToString());
            process.Dispose();
        }

        string[] outputs = [.. terminals.Select(static t => t.Output.ToString())];
        Assert.Single(outputs, static o => o.Contains("learn epoch 300/300", StringComparison.Ordinal));
        string other = Assert.Single(outputs, static o => !o.Contains("learn epoch", StringComparison.Ordinal));
        Assert.Contains("SkyClassifier: up to date", other, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_target_frameworks_are_built_at_a_time_and_trained_once()
    {
        _consumer.Write("Both/Both.csproj", File.ReadAllText(Path.Combine(_consumer.App, "App.csproj"))
            .Replace("<TargetFramework>net10.0</TargetFramework>", "<TargetFrameworks>net10.0;net10.0-windows</TargetFrameworks><EnableWindowsTargeting>true</EnableWindowsTargeting><DisableTransitiveFrameworkReferenceDownloads>true</DisableTransitiveFrameworkReferenceDownloads>", StringComparison.Ordinal));
        foreach (string file in (string[])["sky.modelspec", "tiny.backbone", "Program.cs"])
        {
            _consumer.Write("Both/" + file, File.ReadAllText(Path.Combine(_consumer.App, file)).Replace("\"pictures\"", "\"../App/pictures\"", StringComparison.Ordinal).Replace("using App;", "using Both;", StringComparison.Ordinal));
        }

        CommandResult build = DotNet.Run(Path.Combine(_consumer.Root, "Both"), "build", "--tl:off", "-m", "-p:TrainModel=true").Succeeded();

        Assert.Single(System.Text.RegularExpressions.Regex.Matches(build.Output, "learn epoch 30/30"));
        foreach (string framework in (string[])["net10.0", "net10.0-windows"])
        {
            string assembly = Path.Combine(_consumer.Root, "Both/bin/Debug", framework, "Both.dll");
            Assert.Equal(["sky.safetensors"], System.Reflection.Assembly.Load(File.ReadAllBytes(assembly)).GetManifestResourceNames());
        }
    }

    [Fact]
    public void A_node_that_is_reused_keeps_nothing_of_ours_loaded()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "what a process has loaded is read from /proc");
        try
        {
            CommandResult build = DotNet.Run(
                _consumer.App, new Dictionary<string, string> { ["MSBUILDDISABLENODEREUSE"] = "0" },
                "build", "--no-restore", "--tl:off", "-m:2", "-nodeReuse:true", "-p:TrainModel=true").Succeeded();
            Assert.Contains("learn epoch 30/30", build.Output, StringComparison.Ordinal);

            Assert.DoesNotContain(LinuxProcesses.LoadedFiles(), f => f.Contains(_consumer.Version, StringComparison.Ordinal));
        }
        finally
        {
            DotNet.Run(_consumer.App, "build-server", "shutdown", "--msbuild");
        }
    }

    [Fact]
    public void A_binary_log_has_the_parameters_of_the_training()
    {
        _consumer.Build("-p:TrainModel=true", "-bl:training.binlog").Succeeded();

        string replayed = DotNet.Run(_consumer.App, "msbuild", "training.binlog", "-v:diag").Succeeded().Output;

        foreach (string parameter in (string[])["Verb=train", "Device=auto", "Output=" + _consumer.Weights, "Cache=" + _consumer.Cache])
        {
            Assert.Contains(parameter, replayed, StringComparison.Ordinal);
        }
        Assert.Contains("SkyClassifier: learn epoch 30/30", replayed, StringComparison.Ordinal);
        File.Delete(Path.Combine(_consumer.App, "training.binlog"));
    }

    [Fact]
    public void Watch_watches_the_spec_and_its_backbone()
    {
        string listed = DotNet.Run(_consumer.App, "watch", "--list", "--non-interactive").Succeeded().Output;

        Assert.Contains("sky.modelspec", listed, StringComparison.Ordinal);
        Assert.Contains("tiny.backbone", listed, StringComparison.Ordinal);
    }
}
