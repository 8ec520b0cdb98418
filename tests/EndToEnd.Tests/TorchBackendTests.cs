using System.Text.Json;

namespace EndToEnd.Tests;

public class TorchBackendTests
{
    // The property, the system, whether a driver is installed, and the package.
    [Theory]
    [InlineData("cpu", "Unix", true, "TorchSharp-cpu")]
    [InlineData("cpu", "Windows_NT", true, "TorchSharp-cpu")]
    [InlineData("cuda", "Unix", false, "TorchSharp-cuda-linux")]
    [InlineData("cuda", "Windows_NT", false, "TorchSharp-cuda-windows")]
    [InlineData("auto", "Unix", false, "TorchSharp-cpu")]
    [InlineData("auto", "Unix", true, "TorchSharp-cuda-linux")]
    [InlineData("auto", "Windows_NT", true, "TorchSharp-cuda-windows")]
    public void The_backend_decides_on_the_native_package(string backend, string system, bool driver, string package) =>
        Assert.Equal([package], NativePackages($"-p:TorchBackend={backend}", $"-p:OS={system}", $"-p:NvidiaDriverFile={(driver ? Environment.ProcessPath : "/nonexistent")}"));

    [Fact]
    public void An_existing_libtorch_replaces_the_package() => Assert.Empty(NativePackages("-p:LibTorchDir=/opt/libtorch/lib"));

    [Fact]
    public void On_ONNX_Runtime_no_package_of_libtorch_is_referenced() => Assert.Empty(NativePackages("-p:ModelSpecRuntime=onnx"));

    private static string[] NativePackages(params string[] properties)
    {
        CommandResult result = DotNet.Run(DotNet.RepositoryRoot, ["msbuild", "samples/Flowers17/Flowers17.csproj", "-getItem:PackageReference", .. properties]).Succeeded();
        using JsonDocument json = JsonDocument.Parse(result.Output);
        return [.. json.RootElement.GetProperty("Items").GetProperty("PackageReference").EnumerateArray()
            .Select(static item => item.GetProperty("Identity").GetString()!)
            .Where(static name => name.StartsWith("TorchSharp-", StringComparison.Ordinal))];
    }
}
