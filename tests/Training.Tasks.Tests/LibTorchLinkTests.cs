namespace Training.Tasks.Tests;

/// <summary>How libtorch gets into output folders.</summary>
public sealed class LibTorchLinkTests : IDisposable
{
    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <Import Project="TARGETS/FineTune.Build.props" />
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
          </PropertyGroup>
          <ItemGroup>
            <ReferenceCopyLocalPaths Include="packages/libtorch_cpu.so" NuGetPackageId="libtorch-cpu-linux-x64" DestinationSubDirectory="native/" />
            <ReferenceCopyLocalPaths Include="packages/Other.dll" NuGetPackageId="Other" />
            <ReferenceCopyLocalPaths Include="packages/Project.dll" />
          </ItemGroup>
          <Import Project="TARGETS/FineTune.Build.targets" />
        </Project>
        """;

    private static readonly string[] Files = ["native/libtorch_cpu.so", "Other.dll", "Project.dll"];

    private readonly TestBuild _build = new();

    public LibTorchLinkTests()
    {
        _build.WriteProject("app.csproj", Project);
        foreach (string file in Files) _build.Write($"packages/{Path.GetFileName(file)}", "1");
    }

    public void Dispose() => _build.Dispose();

    [Fact]
    public void Only_the_files_of_libtorch_are_links()
    {
        Copy();

        Assert.Equal(["native/libtorch_cpu.so"], Linked());
    }

    [Fact]
    public void A_second_build_keeps_the_links()
    {
        Copy();
        Copy();

        Assert.Equal(["native/libtorch_cpu.so"], Linked());
    }

    [Fact]
    public void Other_files_of_libtorch_replace_the_links()
    {
        Copy();
        // As another version of the package: another file, which leaves the first one as it is.
        File.Move(_build["packages/libtorch_cpu.so"], _build["packages/older.so"]);
        _build.Write("packages/libtorch_cpu.so", "22");

        Copy();

        Assert.Equal("22", File.ReadAllText(_build["bin/Debug/net10.0/native/libtorch_cpu.so"]));
        Assert.Equal("1", File.ReadAllText(_build["packages/older.so"]));
    }

    [Fact]
    public void A_project_can_have_copies()
    {
        Copy("-p:ModelSpecLinkLibTorch=false");

        Assert.Empty(Linked());
    }

    [Fact]
    public void The_package_leaves_the_settings_of_other_copies_alone()
    {
        Assert.Equal("", _build.Run("app.csproj", "-getProperty:CreateHardLinksForCopyLocalIfPossible").Trim());
        Assert.Equal("", _build.Run("app.csproj", "-getProperty:CreateSymbolicLinksForCopyLocalIfPossible").Trim());
    }

    private void Copy(params string[] arguments) => _build.Run("app.csproj", ["-t:PrepareForBuild;_CopyFilesMarkedCopyLocal", .. arguments]);

    /// <summary>The files of the output whose content changes with the file that they came from. The files stay changed.</summary>
    private string[] Linked()
    {
        foreach (string file in Files)
        {
            Assert.Equal("1", File.ReadAllText(_build[$"bin/Debug/net10.0/{file}"]));
            File.AppendAllText(_build[$"packages/{Path.GetFileName(file)}"], "2");
        }
        return [.. Files.Where(file => File.ReadAllText(_build[$"bin/Debug/net10.0/{file}"]) == "12")];
    }
}
