using System.Text.Json;

namespace Training.Tasks.Tests;

/// <summary>Which model cards a build embeds, and under which names: no trainer and no tasks of ours are started for it.</summary>
public sealed class CardEmbeddingTests : IDisposable
{
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
          <Target Name="GenerateMSBuildEditorConfigFileShouldRun" DependsOnTargets="AssignTargetPaths" />
          <Import Project="TARGETS/FineTune.Build.targets" />
        </Project>
        """;

    private static readonly string Digest = new('5', 64);

    private readonly TestBuild _build = new();

    public CardEmbeddingTests()
    {
        _build.WriteProject("app.proj", Project);
        _build.Write("sky.modelspec", "");
        _build.Write("more specs/sea.modelspec", "");
        _build.Write("more specs/none.modelspec", "");
    }

    public void Dispose() => _build.Dispose();

    [Fact]
    public void Cards_are_resources_with_the_names_of_their_specs()
    {
        _build.Write("sky.model-card.md", $"# Sky\n| weights | sha256:{Digest} |\n");
        _build.Write("sky.modelspec.lock", $"version = 1\nweights = \"sha256:{Digest}\"\n");
        _build.Write("more specs/sea.model-card.md", "# Sea; trained before there were locks");

        Assert.Equal(["more specs/sea.model-card.md more specs/sea.model-card.md", "sky.model-card.md sky.model-card.md"], Embedded());
        string[] compiled = File.ReadAllLines(_build["obj/finetune/embedded.txt"]);
        Assert.Equal(["more specs/sea.model-card.md", "sky.model-card.md"], compiled.Select(static line => line[..(line.IndexOf(".md", StringComparison.Ordinal) + 3)]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_card_of_other_weights_than_those_of_the_lock_stays_out()
    {
        _build.Write("sky.model-card.md", $"# Sky\n| weights | sha256:{new string('6', 64)} |\n");
        _build.Write("sky.modelspec.lock", $"version = 1\nweights = \"sha256:{Digest}\"\n");

        Assert.Empty(Embedded());
    }

    [Fact]
    public void A_project_can_choose_the_name()
    {
        _build.WriteProject("app.proj", Project.Replace(
            "  <Target Name=\"AssignTargetPaths\" />",
            "  <ItemGroup><ModelSpec Update=\"sky.modelspec\" CardResourceName=\"card\" /></ItemGroup>\n  <Target Name=\"AssignTargetPaths\" />",
            StringComparison.Ordinal));
        _build.Write("sky.model-card.md", "# Sky");

        Assert.Equal(["sky.model-card.md card"], Embedded());
    }

    /// <summary>The model cards that are resources, each with the name of its resource.</summary>
    private string[] Embedded()
    {
        string output = _build.Run("app.proj", "-t:GenerateMSBuildEditorConfigFileShouldRun", "-getItem:EmbeddedResource", "-getProperty:TrainModel");
        using var json = JsonDocument.Parse(output[output.IndexOf("{\n", StringComparison.Ordinal)..]);
        return
        [
            .. json.RootElement.GetProperty("Items").GetProperty("EmbeddedResource").EnumerateArray()
                .Select(item => $"{Path.GetRelativePath(_build.Folder, item.GetProperty("FullPath").GetString()!).Replace('\\', '/')} {item.GetProperty("LogicalName").GetString()}")
                .Order(StringComparer.Ordinal),
        ];
    }
}
