
namespace Training.Tasks.Tests;

/// <summary>The items <c>ModelSpecPlugin</c> of a project that uses the build's props and targets.</summary>
public sealed class PluginItemTests : IDisposable
{
    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <Import Project="TARGETS/FineTune.Build.props" />
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
          </PropertyGroup>
          <ItemGroup>
            <ModelSpecPlugin Include="../plugins/Flowers.dll">
              <Provides>
                importer:csv(path:text=path,label:text=label),
                processor:random_erasing(probability:number[0..1]=0.25)
              </Provides>
            </ModelSpecPlugin>
            <ModelSpecPlugin Include="Bare.dll" />
          </ItemGroup>
          <Import Project="TARGETS/FineTune.Build.targets" />
        </Project>
        """;

    private readonly TestBuild _build = new();

    public void Dispose() => _build.Dispose();

    [Fact]
    public void The_compiler_is_told_what_plugins_provide_on_one_line_and_needs_no_file()
    {
        Build("-t:GenerateMSBuildEditorConfigFile");

        string config = File.ReadAllText(Directory.EnumerateFiles(_build.Folder, "*.editorconfig", SearchOption.AllDirectories).Single());
        string plugin = Path.GetFullPath(_build["../plugins/Flowers.dll"]).Replace('\\', '/');
        Assert.Contains(
            $"[{plugin}]\nbuild_metadata.AdditionalFiles.ModelSpecProvides = "
            + "importer:csv(path:text=path,label:text=label), processor:random_erasing(probability:number[0..1]=0.25)\n",
            config.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Contains("/Bare.dll]\nbuild_metadata.AdditionalFiles.ModelSpecProvides = \n", config.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_plugin_makes_the_project_stale_in_an_IDE() =>
        Assert.Contains("\"Identity\": \"../plugins/Flowers.dll\"", Build("-getItem:UpToDateCheckInput"), StringComparison.Ordinal);

    private string Build(string argument)
    {
        _build.WriteProject("app.csproj", Project);
        return _build.Run("app.csproj", argument);
    }
}
