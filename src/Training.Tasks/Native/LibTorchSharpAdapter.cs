namespace FineTune.Build.Tasks.Native;

/// <summary>
/// Makes a copy of TorchSharp's native library that older systems load. Built with gcc 13, it asks libstdc++ for
/// <c>GLIBCXX_3.4.32</c>, which Debian 12, Ubuntu 22.04 and RHEL 9 do not have. The one symbol behind that version,
/// <c>std::ios_base_library_init()</c>, is never called: gcc's <c>&lt;iostream&gt;</c> only refers to it, so that programs do not
/// start with a libstdc++ that lacks it. A weak symbol of a weak version may be absent.
/// </summary>
internal static class LibTorchSharpAdapter
{
    /// <summary>The only symbols that may be absent: they are referred to and never called.</summary>
    private static readonly string[] NeverCalled = ["_ZSt21ios_base_library_initv"];

    /// <summary>Adapts a library to a system's libstdc++.</summary>
    /// <param name="library">The library's bytes; changed where something had to be adapted.</param>
    /// <param name="libStdCxx">The bytes of the system's libstdc++.</param>
    /// <returns>The versions that the system lacks and that are weak now; empty if the library loads as it is.</returns>
    /// <exception cref="NotSupportedException">The system lacks a version that is really used.</exception>
    public static IReadOnlyList<string> Adapt(byte[] library, byte[] libStdCxx)
    {
        var elf = new ElfLibrary(library);
        string system = LibStdCxx.AsText(libStdCxx);
        List<VersionNeed> missing = [.. elf.VersionNeeds().Where(n => n.File == LibStdCxx.FileName && !LibStdCxx.Has(system, n.Name))];
        foreach (VersionNeed need in missing)
        {
            string[] used = [.. elf.SymbolsOf(need).Except(NeverCalled)];
            if (used.Length > 0)
            {
                throw new NotSupportedException($"It uses {string.Join(", ", used)} of {need.Name}, which this system's {LibStdCxx.FileName} does not have.");
            }
        }
        foreach (VersionNeed need in missing) elf.Weaken(need);
        return [.. missing.Select(static n => n.Name)];
    }
}
