using System.Reflection;
using System.Text;
using FineTune.Build.Tasks.Native;

namespace Training.Tasks.Tests;

public class LibTorchSharpAdapterTests
{
    private const string Version = "GLIBCXX_3.4.32";

    private static byte[] Library => File.ReadAllBytes(typeof(LibTorchSharpAdapterTests).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(static a => a.Key == "LibTorchSharp").Value!);

    [Fact]
    public void The_library_asks_for_one_version_for_the_sake_of_one_symbol_that_nothing_calls()
    {
        var elf = new ElfLibrary(Library);

        VersionNeed need = Assert.Single(elf.VersionNeeds(), static n => n.Name == Version);

        Assert.Equal("libstdc++.so.6", need.File);
        Assert.Equal(["_ZSt21ios_base_library_initv"], elf.SymbolsOf(need));
    }

    [Fact]
    public void On_an_older_system_the_version_and_its_symbol_become_weak_and_nothing_else_changes()
    {
        byte[] original = Library;
        byte[] adapted = Library;

        IReadOnlyList<string> weakened = LibTorchSharpAdapter.Adapt(adapted, LibStdCxx(without: Version));

        Assert.Equal([Version], weakened);
        int[] changed = [.. Enumerable.Range(0, original.Length).Where(i => original[i] != adapted[i])];
        Assert.Equal(2, changed.Length);
        VersionNeed need = Assert.Single(new ElfLibrary(adapted).VersionNeeds(), static n => n.Name == Version);
        Assert.Contains(need.Offset + 4, changed);
        Assert.Equal(2, adapted[need.Offset + 4] & 2);
        Assert.Contains(changed, i => i != need.Offset + 4 && adapted[i] >> 4 == 2 && original[i] >> 4 == 1);
    }

    [Fact]
    public void On_a_system_that_has_every_version_nothing_changes()
    {
        byte[] adapted = Library;

        Assert.Empty(LibTorchSharpAdapter.Adapt(adapted, LibStdCxx(without: null)));

        Assert.Equal(Library, adapted);
    }

    [Fact]
    public void A_version_that_is_really_used_cannot_be_left_out()
    {
        string used = new ElfLibrary(Library).VersionNeeds().First(static n => n.File == "libstdc++.so.6" && n.Name != Version).Name;

        var error = Assert.Throws<NotSupportedException>(() => LibTorchSharpAdapter.Adapt(Library, LibStdCxx(without: used)));

        Assert.Contains(used, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_ELF_file_is_refused() => Assert.Throws<InvalidDataException>(() => new ElfLibrary(new byte[100]));

    /// <summary>The part of a libstdc++ that counts here: the names of its versions.</summary>
    private static byte[] LibStdCxx(string? without) => Encoding.ASCII.GetBytes(
        "\0" + string.Concat(new ElfLibrary(Library).VersionNeeds().Where(n => n.Name != without).Select(static n => n.Name + "\0")));
}
