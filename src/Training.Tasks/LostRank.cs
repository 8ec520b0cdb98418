using System.Text.RegularExpressions;

namespace FineTune.Build.Tasks;

/// <summary>Finds in the last lines of a launcher which rank has ended, and how.</summary>
internal static class LostRank
{
    // "mpirun noticed that process rank 1 with PID 0 on node a exited on signal 9 (Killed)."
    private static readonly Regex OpenMpi = new(@"process rank (?<rank>\d+) with PID \d+ on node (?<host>\S+) (?<how>exited.*?)\.?$");

    // "=   PID 123 RUNNING AT a", "=   EXIT CODE: 9"
    private static readonly Regex MpichPlace = new(@"PID (?<process>\d+) RUNNING AT (?<host>\S+)");
    private static readonly Regex MpichCode = new(@"EXIT CODE: (?<code>\d+)");

    /// <summary>A sentence.</summary>
    /// <param name="lines">The last lines.</param>
    /// <param name="exitCode">The exit code of the launcher.</param>
    public static string Describe(IEnumerable<string> lines, int exitCode)
    {
        string[] all = [.. lines];
        foreach (string line in all)
        {
            if (OpenMpi.Match(line) is { Success: true } ended) return $"rank {ended.Groups["rank"]} on {ended.Groups["host"]} {ended.Groups["how"]}.";
        }
        if (all.Select(line => MpichPlace.Match(line)).FirstOrDefault(static match => match.Success) is { } place)
        {
            string code = all.Select(line => MpichCode.Match(line)).FirstOrDefault(static match => match.Success)?.Groups["code"].Value ?? "?";
            return $"process {place.Groups["process"]} on {place.Groups["host"]} ended with code {code}.";
        }
        return $"the launcher ended with code {exitCode}. Its last line: {all.LastOrDefault(static line => line.Any(char.IsLetterOrDigit)) ?? "none"}";
    }
}
