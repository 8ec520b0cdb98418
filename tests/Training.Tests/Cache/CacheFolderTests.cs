using System.Diagnostics;
using System.Reflection;
using FineTune.Training.Assets;
using FineTune.Training.Cache;

namespace Training.Tests.Cache;

public class CacheFolderTests
{
    [Fact]
    public void Weights_stay_where_earlier_versions_put_them()
    {
        var folder = new CacheFolder("cache");

        Assert.Equal("trained/0a1b.safetensors", Relative(folder.Weights("sha256:0a1b")));
        Assert.StartsWith("trained/0a1b.", Relative(folder.NewWeights("sha256:0a1b")), StringComparison.Ordinal);
        Assert.Equal("stages/0a1b.json", Relative(folder.Stage("sha256:0a1b")));
        Assert.Equal("checkpoints/0a1b", Relative(folder.Checkpoints("sha256:0a1b")));
        Assert.Equal("turns/0a1b.lock", Relative(folder.StageTurn("sha256:0a1b")));

        static string Relative(string path) => Path.GetRelativePath("cache", path).Replace('\\', '/');
    }

    [Fact]
    public void Builds_and_the_trainer_have_the_same_cache_by_default()
    {
        using var folder = new TemporaryFolder();
        string targets = typeof(CacheFolderTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(static data => data.Key == "Targets").Value!;
        string props = Path.GetFullPath(Path.Combine(targets, "FineTune.Build.props"));
        string project = folder.Write("app.proj", $"""<Project><Import Project="{props}" /></Project>""");
        var start = new ProcessStartInfo("dotnet", ["msbuild", project, "-getProperty:ModelSpecCache"]) { RedirectStandardOutput = true };
        // The environment of the test host must not affect the build under test.
        foreach (string name in (string[])["MSBuildSDKsPath", "MSBUILD_EXE_PATH", "MSBuildExtensionsPath"]) start.Environment.Remove(name);

        using Process process = Process.Start(start)!;
        string cache = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();

        Assert.Equal(AssetFolders.DefaultCache, Path.GetFullPath(cache));
    }
}
