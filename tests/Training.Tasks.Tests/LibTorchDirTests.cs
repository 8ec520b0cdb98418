namespace Training.Tasks.Tests;

/// <summary>What a build does with <c>LibTorchDir</c> and <c>TorchBackend</c>.</summary>
public sealed class LibTorchDirTests : IDisposable
{
    private const string Option = "FineTune.NativeDirectories";

    private static readonly string Library = OperatingSystem.IsWindows() ? "torch_cpu.dll" : OperatingSystem.IsMacOS() ? "libtorch_cpu.dylib" : "libtorch_cpu.so";

    private readonly TestBuild _build = new();

    public LibTorchDirTests() => _build.WriteProject("app.csproj", """
        <Project Sdk="Microsoft.NET.Sdk">
          <Import Project="TARGETS/FineTune.Build.props" />
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
          </PropertyGroup>
          <Import Project="TARGETS/FineTune.Build.targets" />
        </Project>
        """);

    public void Dispose() => _build.Dispose();

    // Where the library is, and what is named.
    [Theory]
    [InlineData("torch/lib", "torch/lib")]
    [InlineData("torch/lib", "torch")]
    [InlineData("torch/lib", ".")]
    [InlineData("libtorch/lib", "libtorch")]
    public void The_app_looks_in_the_folder_of_the_libraries(string libraries, string named)
    {
        _build.Write($"{libraries}/{Library}", "");

        string options = _build.Run("app.csproj", $"-p:LibTorchDir={_build[named]}", "-getItem:RuntimeHostConfigurationOption");

        Assert.Contains(Option, options, StringComparison.Ordinal);
        Assert.Contains(_build[libraries].Replace("\\", "\\\\", StringComparison.Ordinal) + "\"", options, StringComparison.Ordinal);
    }

    [Fact]
    public void A_word_that_is_no_backend_is_an_error()
    {
        string output = _build.Fail("app.csproj", "-t:_FineTuneCheckBackendWord", "-p:TorchBackend=gpu");

        Assert.Contains("app.csproj : error MSPEC3123: TorchBackend is 'gpu', and can be ", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("cpu")]
    [InlineData("cuda")]
    [InlineData("none")]
    public void The_words_that_are_backends_are_none(string backend) => _build.Run("app.csproj", "-t:_FineTuneCheckBackendWord", $"-p:TorchBackend={backend}");

    [Fact]
    public void CUDA_without_its_package_is_an_error_with_both_ways_out()
    {
        string output = _build.Fail("app.csproj", "-t:_FineTuneCheckBackend", "-p:TorchBackend=cuda", "-p:OS=Unix");

        Assert.Contains("error MSPEC3007: ", output, StringComparison.Ordinal);
        Assert.Contains("TorchSharp-cuda-linux", output, StringComparison.Ordinal);
        Assert.Contains("FineTune.Build.Sdk", output, StringComparison.Ordinal);
    }
}
