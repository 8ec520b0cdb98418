using System.Diagnostics;
using System.Reflection;

namespace Training.Tasks.Tests;

/// <summary>A folder with a project that imports the build's props and targets from the source tree, and the builds of it.</summary>
internal sealed class TestBuild : IDisposable
{
    /// <summary>The folder.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("finetune").FullName;

    /// <summary>The full path of a file.</summary>
    public string this[string name] => Path.Combine(Folder, name);

    public void Write(string name, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(this[name])!);
        File.WriteAllText(this[name], content);
    }

    /// <summary>Writes a project; <c>TARGETS</c> in it is the folder of the props and targets, and <c>TASKS</c> the assembly of the tasks.</summary>
    public void WriteProject(string name, string content) => Write(name, content
        .Replace("TARGETS", Path.GetFullPath(Metadata("Targets")), StringComparison.Ordinal)
        .Replace("TASKS", Path.GetFullPath(Metadata("Tasks")), StringComparison.Ordinal));

    /// <summary>Runs MSBuild on a project, and returns what it printed.</summary>
    public string Run(string project, params string[] arguments)
    {
        (int code, string output) = Start(project, arguments);
        Assert.True(code == 0, output);
        return output;
    }

    /// <summary>Runs MSBuild on a project that cannot be built, and returns what it printed.</summary>
    public string Fail(string project, params string[] arguments)
    {
        (int code, string output) = Start(project, arguments);
        Assert.False(code == 0, output);
        return output;
    }

    private (int Code, string Output) Start(string project, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", ["msbuild", this[project], "-nologo", "-v:q", "-nodeReuse:false", .. arguments])
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
        };
        // What the test host is told must not reach the build under test.
        foreach (string name in (string[])["MSBuildSDKsPath", "MSBUILD_EXE_PATH", "MSBuildExtensionsPath"]) start.Environment.Remove(name);
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>A path that the test assembly was built with.</summary>
    public static string Metadata(string key) =>
        typeof(TestBuild).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == key).Value!;
}
