using FineTune.Native;

namespace Runtime.Tests.Native;

public sealed class LibTorchSymbolsTests : IDisposable
{
    private const string Binding = """
        extern int new_tensor(void), add(void), old_function(void), another_old_function(void);
        extern int not_needed(void) __attribute__((weak));
        int call(void) { return new_tensor() + add() + old_function() + another_old_function() + (not_needed ? not_needed() : 0); }
        """;

    private readonly SharedLibraries _libraries = new();

    public void Dispose() => _libraries.Dispose();

    [Fact]
    public void A_library_tells_what_it_needs_imports_and_exports()
    {
        _libraries.Compile("libc10.so", "int new_tensor(void) { return 1; }");
        ElfSymbols symbols = ElfSymbols.Read(_libraries.Compile("binding.so", Binding, "libc10.so"));

        Assert.Equal(["libc10.so"], symbols.Needed());
        Assert.Equal(["add", "another_old_function", "new_tensor", "old_function"], symbols.Imports().Order(StringComparer.Ordinal));
        Assert.True(symbols.Exports("call"));
        Assert.False(symbols.Exports("add"));
        Assert.False(symbols.Exports("nothing"));
    }

    [Fact]
    public void Every_export_of_a_library_with_many_is_found()
    {
        string[] names = [.. Enumerable.Range(0, 500).Select(static i => $"function_{i}")];
        ElfSymbols symbols = ElfSymbols.Read(_libraries.Compile("many.so", string.Concat(names.Select(static name => $"int {name}(void) {{ return 1; }}\n"))));

        Assert.All(names, name => Assert.True(symbols.Exports(name)));
        Assert.DoesNotContain(names, name => symbols.Exports(name + "_"));
    }

    [Fact]
    public void Symbols_that_a_libtorch_lacks_are_counted_and_named_with_the_versions()
    {
        string binding = Installation("int old_function(void) { return 1; }");

        string message = Assert.Throws<IncompatibleLibTorchException>(() => LibTorchSymbols.Check(binding, _libraries["torch/lib"])).Message;

        Assert.Contains("is version 2.13.0 and lacks 1 of the 4 symbols that TorchSharp ", message, StringComparison.Ordinal);
        Assert.Contains(" asks it for: another_old_function. ", message, StringComparison.Ordinal);
        Assert.Contains($"was built for libtorch {LibTorchSymbols.BuiltFor}", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_libtorch_that_has_all_symbols_passes_whatever_library_they_are_in()
    {
        string binding = Installation("int old_function(void) { return 1; } int another_old_function(void) { return 1; }");

        LibTorchSymbols.Check(binding, _libraries["torch/lib"]);

        Assert.Empty(LibTorchSymbols.Missing(binding, _libraries["torch/lib"], out int count));
        Assert.Equal(4, count);
    }

    [Fact]
    public void Long_lists_of_symbols_are_cut()
    {
        string functions = string.Join(", ", Enumerable.Range(1, 9).Select(static i => $"f{i}(void)"));
        string binding = _libraries.Compile("binding.so", $"extern int {functions}; int call(void) {{ return {string.Join(" + ", Enumerable.Range(1, 9).Select(static i => $"f{i}()"))}; }}");
        _libraries.Compile("lib/libtorch_cpu.so", "int other(void) { return 1; }");

        string message = Assert.Throws<IncompatibleLibTorchException>(() => LibTorchSymbols.Check(binding, _libraries["lib"])).Message;

        Assert.Contains("lacks 9 of the 9 symbols", message, StringComparison.Ordinal);
        Assert.Contains(": f1, f2, f3 and 6 more. ", message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_libtorch_that_TorchSharp_is_built_for_has_all_symbols()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "ELF is Linux's format");
        NativeLibraries.Load();
        string folder = Path.GetDirectoryName(NativeLibraries.LoadedFile("torch_cpu"))!;

        Assert.Empty(LibTorchSymbols.Missing(NativeLibraries.LoadedFile("LibTorchSharp")!, folder, out int count));

        // An export of libtorch that TorchSharp has always called is among them.
        Assert.InRange(count, 1000, 2000);
    }

    [Fact]
    public void A_file_that_is_damaged_is_left_to_the_loader()
    {
        string binding = Installation("int old_function(void) { return 1; }");
        string library = _libraries["torch/lib/libtorch_cpu.so"];
        File.WriteAllBytes(library, File.ReadAllBytes(library)[..100]);

        LibTorchSymbols.Check(binding, _libraries["torch/lib"]);

        Assert.Throws<InvalidDataException>(() => ElfSymbols.Read(library));
    }

    [Fact]
    public void Libraries_of_NVIDIA_come_after_those_that_they_need()
    {
        _libraries.Compile("nvidia/cublas/lib/libcublasLt.so.12", "int lt(void) { return 1; }");
        _libraries.Compile("nvidia/cublas/lib/libcublas.so.12", "int blas(void) { return 1; }", "nvidia/cublas/lib/libcublasLt.so.12");
        _libraries.Compile("nvidia/nccl/lib/libnccl.so.2", "int nccl(void) { return 1; }");
        _libraries.Compile("torch/lib/libtorch_cuda.so", "int cuda(void) { return 1; }", "nvidia/cublas/lib/libcublas.so.12");
        _libraries.Compile("torch/lib/libtorch.so", "int torch(void) { return 1; }", "torch/lib/libtorch_cuda.so");

        // What libtorch does not need is not loaded.
        Assert.Equal(
            [_libraries["nvidia/cublas/lib/libcublasLt.so.12"], _libraries["nvidia/cublas/lib/libcublas.so.12"]],
            LibTorchFolder.NvidiaLibraries(_libraries["torch/lib"]));
    }

    /// <summary>A PyTorch, and a library that binds to it.</summary>
    private string Installation(string oldFunctions)
    {
        _libraries.Compile("torch/lib/libc10.so", "int new_tensor(void) { return 1; }");
        _libraries.Compile("torch/lib/libtorch_cpu.so", "int add(void) { return 1; } " + oldFunctions);
        File.WriteAllText(_libraries["torch/version.py"], "__version__ = '2.13.0'\n");
        return _libraries.Compile("binding.so", Binding);
    }
}
