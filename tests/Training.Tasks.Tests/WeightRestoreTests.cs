using System.Security.Cryptography;
using System.Text;

namespace Training.Tasks.Tests;

/// <summary>How a build that does not train gets missing weights: from the cache, where the trainer keeps them, without starting it.</summary>
public sealed class WeightRestoreTests : IDisposable
{
    // Nothing but MSBuild's own tasks: there are no tasks and no trainer to start.
    private const string Project = """
        <Project>
          <PropertyGroup>
            <FineTuneTasksAssembly>none.dll</FineTuneTasksAssembly>
            <FineTuneTrainer>none.dll</FineTuneTrainer>
            <IntermediateOutputPath>obj/</IntermediateOutputPath>
            <ModelSpecCache>$(MSBuildThisFileDirectory)cache</ModelSpecCache>
          </PropertyGroup>
          <Import Project="TARGETS/FineTune.Build.props" />
          <Target Name="AssignTargetPaths" />
          <Import Project="TARGETS/FineTune.Build.targets" />
        </Project>
        """;

    private readonly TestBuild _build = new();
    private readonly string _digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("trained")));

    public WeightRestoreTests()
    {
        _build.WriteProject("app.proj", Project);
        _build.Write("sky.modelspec", "");
        _build.Write("sky.modelspec.lock", $"version = 1\nweights = \"sha256:{_digest}\"\n");
    }

    public void Dispose() => _build.Dispose();

    [Fact]
    public void Missing_weights_are_restored_from_the_cache()
    {
        _build.Write($"cache/trained/{_digest}.safetensors", "trained");

        string output = Check();

        Assert.Equal("trained", File.ReadAllText(_build["sky.safetensors"]));
        Assert.DoesNotContain("MSPEC", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_that_the_lock_does_not_record_are_not_restored()
    {
        _build.Write($"cache/trained/{new string('0', 64)}.safetensors", "trained");

        Assert.Contains($"MSPEC3001: The trained weights 'sky.safetensors' that the lock records", Check(), StringComparison.Ordinal);
        Assert.False(File.Exists(_build["sky.safetensors"]));
    }

    private string Check() => _build.Run("app.proj", "-t:AssignTargetPaths");
}
