using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.Json;

namespace FineTune.Benchmarks;

/// <summary>Times of one thing, in seconds.</summary>
internal sealed record Measurement(string Name, IReadOnlyList<double> Seconds)
{
    public double Median
    {
        get
        {
            double[] sorted = [.. Seconds.Order()];
            int middle = sorted.Length / 2;
            return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        }
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Name,-44} median {Median,8:0.000} s   min {Seconds.Min(),8:0.000} s   max {Seconds.Max(),8:0.000} s   n {Seconds.Count}");
}

/// <summary>Runs commands and times them.</summary>
internal static class Commands
{
    public static string RepositoryRoot { get; } = Metadata("RepositoryRoot");

    public static string Configuration { get; } = Metadata("Configuration");

    /// <summary>Times things in turn, so that other load on the machine affects all of them equally.</summary>
    /// <param name="rounds">How many times each is timed, after one round that does not count.</param>
    /// <param name="things">What to time, by name.</param>
    public static IReadOnlyList<Measurement> Interleave(int rounds, params IReadOnlyList<(string Name, Action Run)> things)
    {
        List<double>[] seconds = [.. things.Select(static _ => new List<double>())];
        for (int round = 0; round <= rounds; round++)
        {
            for (int i = 0; i < things.Count; i++)
            {
                var clock = Stopwatch.StartNew();
                things[i].Run();
                if (round > 0) seconds[i].Add(clock.Elapsed.TotalSeconds);
            }
        }
        return [.. things.Select((thing, i) => new Measurement(thing.Name, seconds[i]))];
    }

    /// <summary>Runs a command to its end.</summary>
    /// <returns>What it printed.</returns>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static string Run(string folder, string command, params string[] arguments)
    {
        var start = new ProcessStartInfo(command, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true };
        // The environment that dotnet run sets must not affect the builds that are measured.
        foreach (string name in (string[])["MSBuildSDKsPath", "MSBUILD_EXE_PATH", "MSBuildExtensionsPath"]) start.Environment.Remove(name);
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{command} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{output}");
    }

    /// <summary>A number of the JSON object that a program printed.</summary>
    public static double Number(string output, string key)
    {
        using var json = JsonDocument.Parse(output);
        return json.RootElement.GetProperty(key).GetDouble();
    }

    private static string Metadata(string key) =>
        typeof(Commands).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
