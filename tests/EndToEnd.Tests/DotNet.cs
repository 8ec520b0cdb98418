using System.Diagnostics;
using System.Reflection;
using System.Text;

namespace EndToEnd.Tests;

/// <summary>What a command printed and how it ended.</summary>
/// <param name="ExitCode">0 for success.</param>
/// <param name="Output">Standard output and standard error, in the order in which they were written.</param>
/// <param name="StandardOutput">Standard output alone.</param>
internal sealed record CommandResult(int ExitCode, string Output, string StandardOutput)
{
    public CommandResult Succeeded()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}:\n{Output}");
        return this;
    }

    public CommandResult Failed()
    {
        Assert.True(ExitCode != 0, $"it should have failed:\n{Output}");
        return this;
    }
}

/// <summary>Lines that arrive on other threads while they are read.</summary>
internal sealed class OutputBuffer
{
    private readonly StringBuilder _text = new();

    public void Add(string? line)
    {
        lock (_text) _text.AppendLine(line);
    }

    public override string ToString()
    {
        lock (_text) return _text.ToString();
    }
}

/// <summary>Runs commands as a user would.</summary>
internal static class DotNet
{
    public static string RepositoryRoot { get; } = Metadata("RepositoryRoot");

    public static string Configuration { get; } = Metadata("Configuration");

    public static CommandResult Run(string folder, params string[] arguments) => RunCommand("dotnet", folder, arguments);

    public static CommandResult Run(string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        Wait(Start("dotnet", folder, environment, arguments));

    public static CommandResult RunCommand(string command, string folder, params string[] arguments) => Wait(Start(command, folder, arguments));

    public static Process Start(string command, string folder, params string[] arguments) =>
        Start(command, folder, new Dictionary<string, string>(), arguments);

    private static CommandResult Wait(Process started)
    {
        using Process process = started;
        var standardOutput = new OutputBuffer();
        process.OutputDataReceived += (_, line) => standardOutput.Add(line.Data);
        OutputBuffer output = Collect(process);
        if (!process.WaitForExit(TimeSpan.FromMinutes(8))) Assert.Fail("it did not end in time:\n" + output);
        // Without a limit, it also waits for the last lines.
        process.WaitForExit();
        return new CommandResult(process.ExitCode, output.ToString(), standardOutput.ToString());
    }

    private static Process Start(string command, string folder, IReadOnlyDictionary<string, string> environment, string[] arguments)
    {
        var start = new ProcessStartInfo(command, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The environment of the test host must not affect the builds under test.
        foreach (string name in (string[])["MSBuildSDKsPath", "MSBUILD_EXE_PATH", "MSBuildExtensionsPath", "MODELSPEC_ASSETS", "DOTNET_CLI_CONTEXT_VERBOSE"])
        {
            start.Environment.Remove(name);
        }
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    public static OutputBuffer Collect(Process process)
    {
        var output = new OutputBuffer();
        process.OutputDataReceived += (_, line) => output.Add(line.Data);
        process.ErrorDataReceived += (_, line) => output.Add(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return output;
    }

    private static string Metadata(string key) =>
        typeof(DotNet).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
