using System.Diagnostics;

namespace Browser.Tests;

/// <summary>How a command ended and what it printed.</summary>
/// <param name="ExitCode">0 for success.</param>
/// <param name="Output">Standard output, then standard error.</param>
internal sealed record CommandResult(int ExitCode, string Output);

/// <summary>Runs programs.</summary>
internal static class Command
{
    /// <summary>Finds a program in the folders of <c>PATH</c>.</summary>
    /// <returns>Its path, or null.</returns>
    public static string? Find(params IEnumerable<string> names)
    {
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        string[] endings = OperatingSystem.IsWindows() ? [".exe", ".cmd"] : [""];
        return names.SelectMany(name => folders.SelectMany(folder => endings.Select(ending => Path.Combine(folder, name + ending)))).FirstOrDefault(File.Exists);
    }

    /// <summary>Runs a program to its end.</summary>
    public static async Task<CommandResult> RunAsync(string program, string folder, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new CommandResult(process.ExitCode, await output + await error);
    }
}
