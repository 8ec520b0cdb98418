using System.Text.Json;

namespace Training.Tasks.Tests;

/// <summary>
/// The SDK FineTune.Build.Sdk, restored from a folder of stand-ins: packages with the names, dependencies and properties of the real ones.
/// </summary>
public sealed class SdkPackageTests : IDisposable
{
    private const string Version = "1.2.3", TorchSharp = "0.107.0", LibTorch = "2.10.0";

    private readonly TestBuild _build = new();

    public SdkPackageTests()
    {
        string sdk = TestBuild.Metadata("Sdk"), targets = TestBuild.Metadata("Targets");
        var feed = new StandInFeed(_build["feed"]);
        feed.Add("FineTune.Build.Sdk", Version, [],
        [
            .. ((string[])["Sdk.props", "Sdk.targets"]).Select(name => ($"Sdk/{name}", File.ReadAllText(Path.Combine(sdk, name)))),
            .. Directory.GetFiles(targets, "FineTune.TorchBackend.*").Select(static path => ($"Sdk/{Path.GetFileName(path)}", File.ReadAllText(path))),
            ("Sdk/FineTune.Versions.props",
                $"<Project><PropertyGroup><FineTuneVersion>{Version}</FineTuneVersion><FineTuneTorchSharpVersion>{TorchSharp}</FineTuneTorchSharpVersion></PropertyGroup></Project>"),
        ]);
        foreach (string package in (string[])["FineTune.Build.Tools", "FineTune.Runtime.Torch", "FineTune.Runtime.Onnx"]) feed.Add(package, Version, []);
        AddBackend("TorchSharp-cpu", "libtorch-cpu", "TorchSharpCpuPackage");
        AddBackend("TorchSharp-cuda-linux", "libtorch-cuda-12.8-linux-x64", "TorchSharpCudaPackage");
        AddBackend("TorchSharp-cuda-windows", "libtorch-cuda-12.8-win-x64", "TorchSharpCudaPackage");
        _build.Write("NuGet.config", """
            <configuration>
              <config><add key="globalPackagesFolder" value="packages" /></config>
              <packageSources><clear /><add key="feed" value="feed" /></packageSources>
            </configuration>
            """);
        _build.Write("app.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <Sdk Name="FineTune.Build.Sdk" Version="{Version}" />
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <NuGetAudit>false</NuGetAudit>
              </PropertyGroup>
            </Project>
            """);

        void AddBackend(string id, string libTorch, string property)
        {
            feed.Add(id, TorchSharp, [(libTorch, LibTorch)]);
            feed.Add(libTorch, LibTorch, [], ($"buildTransitive/netstandard2.0/{libTorch}.props", $"<Project><PropertyGroup><{property}>true</{property}></PropertyGroup></Project>"));
        }
    }

    public void Dispose() => _build.Dispose();

    // The backend, the system, whether a driver is installed, and the packages that are restored apart from those of FineTune.
    [Theory]
    [InlineData("", "Unix", false, "TorchSharp-cpu", "libtorch-cpu")]
    [InlineData("auto", "Unix", true, "TorchSharp-cuda-linux", "libtorch-cuda-12.8-linux-x64")]
    [InlineData("auto", "Windows_NT", true, "TorchSharp-cuda-windows", "libtorch-cuda-12.8-win-x64")]
    [InlineData("cpu", "Unix", true, "TorchSharp-cpu", "libtorch-cpu")]
    [InlineData("cuda", "Unix", false, "TorchSharp-cuda-linux", "libtorch-cuda-12.8-linux-x64")]
    public void The_packages_that_fit_the_machine_are_restored(string backend, string system, bool driver, string package, string libTorch) => Assert.Equal(
        ["FineTune.Build.Tools", "FineTune.Runtime.Torch", package, libTorch],
        Restored($"-p:TorchBackend={backend}", $"-p:OS={system}", $"-p:NvidiaDriverFile={(driver ? Environment.ProcessPath : "/nonexistent")}"));

    [Fact]
    public void The_package_of_CUDA_says_that_it_is_there()
    {
        Restored("-p:TorchBackend=cuda");

        Assert.Equal("true", _build.Run("app.csproj", "-p:TorchBackend=cuda", "-getProperty:TorchSharpCudaPackage").Trim());
    }

    [Fact]
    public void An_existing_libtorch_replaces_the_package() =>
        Assert.Equal(["FineTune.Build.Tools", "FineTune.Runtime.Torch"], Restored("-p:LibTorchDir=/opt/libtorch/lib"));

    [Fact]
    public void On_ONNX_Runtime_no_libtorch_is_restored() =>
        Assert.Equal(["FineTune.Build.Tools", "FineTune.Runtime.Onnx"], Restored("-p:ModelSpecRuntime=onnx", "-p:TorchBackend=cuda"));

    [Fact]
    public void The_project_itself_can_choose()
    {
        _build.Write("app.csproj", File.ReadAllText(_build["app.csproj"]).Replace("<NuGetAudit>", "<TorchBackend>cpu</TorchBackend><NuGetAudit>", StringComparison.Ordinal));

        Assert.Contains("TorchSharp-cpu", Restored($"-p:NvidiaDriverFile={Environment.ProcessPath}"));
    }

    [Fact]
    public void Versions_of_a_central_file_are_not_needed()
    {
        _build.Write("Directory.Packages.props", "<Project><PropertyGroup><ManagePackageVersionsCentrally>true</ManagePackageVersionsCentrally></PropertyGroup></Project>");

        Assert.Contains("TorchSharp-cpu", Restored("-p:TorchBackend=cpu"));
    }

    private string[] Restored(params string[] properties)
    {
        _build.Run("app.csproj", ["-t:Restore", .. properties]);
        using JsonDocument assets = JsonDocument.Parse(File.ReadAllText(_build["obj/project.assets.json"]));
        return [.. assets.RootElement.GetProperty("libraries").EnumerateObject().Select(static library => library.Name.Split('/')[0]).Order(StringComparer.Ordinal)];
    }
}
