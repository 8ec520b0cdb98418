using System.Text.Json;

namespace Training.Tasks.Tests;

/// <summary>The items <c>ModelSpecExport</c> of a project that uses the build's props and targets, with a shell script as the trainer.</summary>
public sealed class ExportItemTests : IDisposable
{
    private const string Project = """
        <Project>
          <PropertyGroup>
            <FineTuneTasksAssembly>TASKS</FineTuneTasksAssembly>
            <IntermediateOutputPath>obj/</IntermediateOutputPath>
            <DOTNET_HOST_PATH>$(MSBuildProjectDirectory)/trainer.sh</DOTNET_HOST_PATH>
          </PropertyGroup>
          <Import Project="TARGETS/FineTune.Build.props" />
          <Target Name="ResolveReferences" />
          <Target Name="CoreClean" />
          <Target Name="AssignTargetPaths" />
          <Target Name="CopyExports" AfterTargets="FineTune">
            <Copy SourceFiles="@(ModelSpecExport)" DestinationFolder="out/%(ModelSpecExport.Format)" />
          </Target>
          <Target Name="ComputeResolvedFilesToPublishList" />
          <!-- As docs/build.md has it. -->
          <Target Name="PublishExports" BeforeTargets="ComputeResolvedFilesToPublishList" DependsOnTargets="ListModelExports">
            <ItemGroup>
              <ResolvedFileToPublish Include="@(ModelSpecExport)" Condition="'%(Format)' == 'npz'" RelativePath="models/%(Filename)%(Extension)" />
            </ItemGroup>
          </Target>
          <Target Name="TellPublished" AfterTargets="ComputeResolvedFilesToPublishList">
            <WriteLinesToFile File="published.txt" Lines="@(ResolvedFileToPublish->'%(RelativePath)')" />
          </Target>
          <Import Project="TARGETS/FineTune.Build.targets" />
        </Project>
        """;

    // Notes its verb, and writes and lists two files next to the spec.
    private const string Trainer = """
        #!/bin/sh
        for last; do :; done
        arguments="${last#@}"
        verb=$(sed -n 1p "$arguments")
        echo "$verb" >> started.txt
        spec=$(sed -n 2p "$arguments" | tr -d '"')
        list=$(grep -A1 -x -e --export-list "$arguments" | sed -n 2p | tr -d '"')
        if [ -n "$list" ]; then
          mkdir -p "$(dirname "$list")"
          printf 'npz %s.npz\nnames %s 1;2.names\n' "${spec%.modelspec}" "${spec%.modelspec}" > "$list"
        fi
        if [ "$verb" = train ]; then touch "${spec%.modelspec}.npz" "${spec%.modelspec} 1;2.names"; fi

        """;

    private readonly TestBuild _build = new();

    public ExportItemTests()
    {
        _build.Write("sky.modelspec", "");
        _build.Write("more specs/sea.modelspec", "");
    }

    public void Dispose() => _build.Dispose();

    [Fact]
    public void Files_that_exporters_wrote_are_items_for_targets_after_FineTune()
    {
        IReadOnlyList<string> items = Items("FineTune");

        Assert.Equal(
            [
                "more specs/sea 1;2.names names more specs/sea.modelspec", "more specs/sea.npz npz more specs/sea.modelspec",
                "sky 1;2.names names sky.modelspec", "sky.npz npz sky.modelspec",
            ],
            items);
        Assert.Equal(
            ["names/sea 1;2.names", "names/sky 1;2.names", "npz/sea.npz", "npz/sky.npz"],
            Directory.EnumerateFiles(_build["out"], "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(_build["out"], file)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Listing_starts_the_trainer_only_for_a_spec_that_has_changed()
    {
        IReadOnlyList<string> items = Items("FineTune");

        Assert.Equal(items, Items("ListModelExports"));
        Assert.Equal(["train", "train"], Started());
        // A second from now, so that no file system rounds it away.
        File.SetLastWriteTimeUtc(_build["sky.modelspec"], DateTime.UtcNow.AddSeconds(1));
        Assert.Equal(items, Items("ListModelExports"));
        Assert.Equal(["train", "train", "export"], Started());
    }

    [Fact]
    public void A_build_that_does_not_train_publishes_what_was_exported_before()
    {
        Items("FineTune");

        Items("ComputeResolvedFilesToPublishList");

        Assert.Equal(["models/sea.npz", "models/sky.npz"], File.ReadAllLines(_build["published.txt"]).Order(StringComparer.Ordinal));
        Assert.Equal(["train", "train"], Started());
    }

    [Fact]
    public void What_was_trained_and_listed_in_one_build_is_there_once() => Assert.Equal(4, Items("FineTune;ListModelExports").Count);

    [Fact]
    public void Files_that_were_not_written_yet_are_not_items()
    {
        Assert.Empty(Items("ListModelExports"));
        Assert.Equal(["export", "export"], Started());
    }

    [Fact]
    public void A_build_that_does_not_train_starts_no_process_and_keeps_the_files()
    {
        Items("FineTune");

        Items("_FineTuneEmbedWeights");
        Items("_FineTuneClean;CoreClean");

        Assert.Equal(["train", "train"], Started());
        Assert.False(File.Exists(_build["obj/finetune/sky.exports"]));
        Assert.True(File.Exists(_build["sky.npz"]));
    }

    [Fact]
    public void CleanModel_forgets_the_list()
    {
        Items("FineTune");
        Assert.True(File.Exists(_build["obj/finetune/more specs/sea.exports"]));

        Items("CleanModel");

        Assert.Equal(["train", "train", "clean", "clean"], Started());
        Assert.Empty(Directory.GetFiles(_build.Folder, "*.exports", SearchOption.AllDirectories));
    }

    private string[] Started() => File.ReadAllLines(_build["started.txt"]);

    /// <summary>Runs targets; the items after them as path, format and spec, in order.</summary>
    private IReadOnlyList<string> Items(string targets)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the trainer is played by a shell script");
        _build.WriteProject("app.proj", Project);
        _build.Write("trainer.sh", Trainer.ReplaceLineEndings("\n"));
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_build["trainer.sh"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string output = _build.Run("app.proj", $"-t:{targets}", "-getItem:ModelSpecExport", "-getProperty:TrainModel");
        using var json = JsonDocument.Parse(output[output.IndexOf('{', StringComparison.Ordinal)..]);
        return
        [
            .. json.RootElement.GetProperty("Items").GetProperty("ModelSpecExport").EnumerateArray()
                .Select(item => $"{Relative(item, "FullPath")} {item.GetProperty("Format").GetString()} {Relative(item, "Spec")}")
                .Order(StringComparer.Ordinal),
        ];
    }

    private string Relative(JsonElement item, string name) => Path.GetRelativePath(_build.Folder, item.GetProperty(name).GetString()!);
}
