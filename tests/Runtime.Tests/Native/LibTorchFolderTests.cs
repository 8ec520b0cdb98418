using FineTune.Native;

namespace Runtime.Tests.Native;

public sealed class LibTorchFolderTests : IDisposable
{
    private static readonly string Library = NativeDirectories.FileName("torch_cpu");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // Where the library is, and what is named.
    [Theory]
    [InlineData("torch/lib", "torch/lib")]
    [InlineData("torch/lib", "torch")]
    [InlineData("torch/lib", "")]
    [InlineData("libtorch/lib", "libtorch")]
    public void Any_folder_of_an_installation_leads_to_its_libraries(string libraries, string named)
    {
        Write($"{libraries}/{Library}", "");

        Assert.Equal(Path.GetFullPath(Full(libraries)), Path.GetFullPath(LibTorchFolder.Resolve(Full(named))));
    }

    [Fact]
    public void A_folder_without_libtorch_stays_as_it_is()
    {
        Write("lib/other.so", "");

        Assert.Equal(_folder.Path, LibTorchFolder.Resolve(_folder.Path));
        Assert.False(LibTorchFolder.HasLibTorch(_folder.Path));
    }

    [Fact]
    public void The_version_of_PyTorch_is_read_from_its_module()
    {
        Write("torch/version.py", "from typing import Optional\n\n__all__ = ['__version__', 'debug']\n__version__ = '2.12.0+cu128'\ndebug = False\n");
        Write($"torch/lib/{Library}", "");

        Assert.Equal("2.12.0+cu128", LibTorchFolder.Version(Full("torch/lib")));
    }

    [Fact]
    public void The_version_of_an_unpacked_libtorch_is_read_from_its_file()
    {
        Write("libtorch/build-version", "2.10.0+cpu\n");
        Write($"libtorch/lib/{Library}", "");

        Assert.Equal("2.10.0+cpu", LibTorchFolder.Version(Full("libtorch/lib")));
    }

    [Fact]
    public void The_version_of_a_package_is_in_its_path()
    {
        Assert.Equal("2.10.0", LibTorchFolder.Version("/home/a/.nuget/packages/libtorch-cpu-linux-x64/2.10.0/runtimes/linux-x64/native"));
        Assert.Null(LibTorchFolder.Version(_folder.Path));
    }

    [Fact]
    public void The_folders_of_NVIDIA_next_to_PyTorch_are_found()
    {
        string kind = OperatingSystem.IsWindows() ? "bin" : "lib";
        Write($"torch/lib/{Library}", "");
        Write($"nvidia/cudnn/{kind}/a", "");
        Write($"nvidia/cublas/{kind}/a", "");
        Write("nvidia/nccl/include/a", "");

        Assert.Equal([Full($"nvidia/cublas/{kind}"), Full($"nvidia/cudnn/{kind}")], LibTorchFolder.NvidiaFolders(Full("torch/lib")));
    }

    private string Full(string name) => Path.Combine(_folder.Path, name);

    private void Write(string name, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Full(name))!);
        File.WriteAllText(Full(name), content);
    }
}
