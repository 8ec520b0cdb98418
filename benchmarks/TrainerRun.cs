using System.Diagnostics;
using System.Globalization;

namespace FineTune.Benchmarks;

/// <summary>One run of the trainer in a separate process, as in a build.</summary>
/// <param name="Seconds">From start to end.</param>
/// <param name="PeakBytes">Its peak memory: Linux's <c>VmHWM</c>, 0 elsewhere.</param>
/// <param name="OwnBytes">The peak of the part that is not backed by files, sampled ten times per second: <c>RssAnon</c>. The system can reclaim the rest.</param>
/// <param name="Lines">Its output, with the time of each line in seconds.</param>
internal sealed record TrainerRun(double Seconds, long PeakBytes, long OwnBytes, IReadOnlyList<(double Seconds, string Text)> Lines)
{
    /// <summary>The time at which it first printed a line with this text.</summary>
    public double At(string text) => Lines.First(l => l.Text.Contains(text, StringComparison.Ordinal)).Seconds;

    /// <summary>Trains with an empty cache.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="cores">How many cores it may use, or 0 for all.</param>
    /// <param name="options">More options of <c>finetune train</c>.</param>
    public static TrainerRun Train(string spec, int cores = 0, params string[] options)
    {
        string folder = Directory.CreateTempSubdirectory("finetune-run").FullName;
        string trainer = Path.Combine(Commands.RepositoryRoot, "src/Training/bin", Commands.Configuration, "net10.0/finetune.dll");
        List<string> command = ["dotnet", "exec", trainer, "train", spec, "--cache", folder, "--output", Path.Combine(folder, "trained.safetensors"), .. options];
        if (cores > 0) command.InsertRange(0, ["taskset", "-c", cores == 1 ? "0" : $"0-{cores - 1}"]);
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true };
        // The environment that RunTrainer sets for the trainer.
        start.Environment["MALLOC_MMAP_THRESHOLD_"] = "8589934592";
        start.Environment["MALLOC_TRIM_THRESHOLD_"] = "17179869184";
        start.Environment["MALLOC_ARENA_MAX"] = "1";
        File.Delete(spec + ".lock");
        try
        {
            var clock = Stopwatch.StartNew();
            using Process process = Process.Start(start)!;
            // The timer's last sample may be taken after the process was disposed.
            int id = process.Id;
            List<(double, string)> lines = [];
            long peak = 0, own = 0;
            using var timer = new Timer(Sample, null, 100, 100);
            while (process.StandardOutput.ReadLine() is { } line) lines.Add((clock.Elapsed.TotalSeconds, line));
            process.WaitForExit();
            return process.ExitCode == 0
                ? new TrainerRun(clock.Elapsed.TotalSeconds, peak, own, lines)
                : throw new InvalidOperationException(string.Join('\n', lines.Select(static l => l.Item2)));

            void Sample(object? state)
            {
                peak = Math.Max(peak, Memory(id, "VmHWM:"));
                own = Math.Max(own, Memory(id, "RssAnon:"));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
            File.Delete(spec + ".lock");
        }
    }

    private static long Memory(int process, string key)
    {
        try
        {
            string line = File.ReadLines($"/proc/{process}/status").First(l => l.StartsWith(key, StringComparison.Ordinal));
            return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            return 0;
        }
    }
}
