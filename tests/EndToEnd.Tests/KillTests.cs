using System.Diagnostics;

namespace EndToEnd.Tests;

/// <summary>A training that is killed again and again, at any moment, ends in the same bytes.</summary>
public sealed class KillTests : IDisposable
{
    private const int Kills = 30;

    // Three stages, so that kills also happen between stages. The training is long compared with a run between two kills.
    private static readonly string Spec = PackageConsumer.Spec[..PackageConsumer.Spec.IndexOf("[[stage]]", StringComparison.Ordinal)]
        .Replace("{ train = 0.75, test = 0.25 }", "{ train = 0.5, validation = 0.25, test = 0.25 }", StringComparison.Ordinal)
        .Replace("\"linear(2)\"", "\"linear(8)\", \"dropout(0.5)\", \"linear(2)\"", StringComparison.Ordinal) + """
        [data.augment]
        rotation = 10

        [[stage]]
        name = "one"
        freeze = "backbone"
        epochs = 120
        batch_size = 4
        optimizer = "adam"
        learning_rate = 0.002

        [[stage]]
        name = "two"
        freeze = "none"
        epochs = 120
        batch_size = 4
        optimizer = "rmsprop"
        learning_rate = 0.001
        momentum = 0.5
        early_stopping = 100

        [[stage]]
        name = "three"
        freeze = "none"
        epochs = 120
        batch_size = 4
        optimizer = "sgd"
        learning_rate = 0.002
        momentum = 0.9
        """;

    private readonly PackageConsumer _consumer;
    private readonly string _folder = Directory.CreateTempSubdirectory("finetune-kill").FullName;
    private readonly string _spec;

    public KillTests(PackageConsumer consumer)
    {
        _consumer = consumer;
        _spec = Path.Combine(_folder, "sky.modelspec");
        File.WriteAllText(_spec, Spec.Replace("\"pictures\"", $"\"{Path.Combine(consumer.App, "pictures").Replace('\\', '/')}\"", StringComparison.Ordinal));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Killed_thirty_times_at_any_moment_it_goes_on_to_the_bytes_of_an_undisturbed_run()
    {
        string[] undisturbed = Arguments("undisturbed");
        Trainer.Run(undisturbed).Succeeded();
        byte[] expected = File.ReadAllBytes(Output("undisturbed"));
        string lockText = File.ReadAllText(_spec + ".lock");

        var random = new Random(4);
        string cache = Path.Combine(_folder, "cache-killed");
        int kills = 0, finished = 0;
        while (kills < Kills || finished == 0)
        {
            using Process process = Trainer.Start(Arguments("killed"));
            OutputBuffer output = DotNet.Collect(process);
            // A successful run only counts after the last kill; before that, everything is trained again.
            bool ended = kills >= Kills ? process.WaitForExit(TimeSpan.FromMinutes(3)) : process.WaitForExit(random.Next(250, 1500));
            if (ended)
            {
                process.WaitForExit();
                Assert.True(process.ExitCode == 0, output.ToString());
                Assert.Equal(expected, File.ReadAllBytes(Output("killed")));
                Assert.Equal(lockText, File.ReadAllText(_spec + ".lock"));
                finished++;
                if (kills >= Kills) break;
                File.Delete(Output("killed"));
                File.Delete(_spec + ".lock");
                Directory.Delete(cache, recursive: true);
                continue;
            }
            process.Kill();
            process.WaitForExit();
            kills++;
            // Every existing file is complete.
            if (File.Exists(Output("killed"))) Assert.Equal(expected, File.ReadAllBytes(Output("killed")));
        }
        Assert.True(finished > 0);
    }

    [Fact]
    public void Any_number_of_loader_threads_gives_the_same_bytes()
    {
        byte[][] results = [.. new[] { 1, 3 }.Select(threads =>
        {
            string name = $"threads-{threads}";
            File.Delete(_spec + ".lock");
            DotNet.Run(_folder, new Dictionary<string, string> { ["DOTNET_PROCESSOR_COUNT"] = threads.ToString(System.Globalization.CultureInfo.InvariantCulture) },
                ["exec", Trainer.Assembly, .. Arguments(name)]).Succeeded();
            return File.ReadAllBytes(Output(name));
        })];

        Assert.Equal(results[0], results[1]);
    }

    [Fact]
    public void Asked_to_end_it_ends_in_order_also_when_process_and_group_are_asked_at_once()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "signals are sent by Linux's kill");
        using Process process = Trainer.Start(Arguments("asked"));
        OutputBuffer output = DotNet.Collect(process);
        Assert.True(SpinWait.SpinUntil(() => output.ToString().Contains("one epoch", StringComparison.Ordinal), TimeSpan.FromMinutes(1)), output.ToString());

        Assert.True(LinuxProcesses.Terminate(process.Id));
        // Not at the same moment, because the system would merge both signals. The process may have ended by then.
        Thread.Sleep(20);
        LinuxProcesses.Terminate(process.Id);

        Assert.True(process.WaitForExit(TimeSpan.FromMinutes(1)), output.ToString());
        process.WaitForExit();
        Assert.Equal(130, process.ExitCode);
        Assert.Contains("Cancelled. Finished epochs are kept", output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled", output.ToString(), StringComparison.Ordinal);
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(_folder, "cache-asked", "checkpoints"), "*", SearchOption.AllDirectories));
    }

    private string Output(string name) => Path.Combine(_folder, name + ".safetensors");

    private string[] Arguments(string name) =>
    [
        "train", _spec, "--backbone", Path.Combine(_consumer.App, "tiny.backbone"), "--output", Output(name), "--cache", Path.Combine(_folder, "cache-" + name),
        "--device", "cpu",
    ];
}
