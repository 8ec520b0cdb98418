using System.Text;

namespace FineTune.Build.Tasks.Native;

/// <summary>
/// The part of a 64-bit little-endian ELF shared library that symbol versions live in (Tool Interface Standard, "Executable and
/// Linking Format"; Linux Standard Base, "Symbol Versioning"). It reads and changes the bytes that it is given.
/// </summary>
internal sealed class ElfLibrary
{
    private const int SectionDynamicSymbols = 11;
    private const int SectionVersionNeeds = 0x6ffffffe;
    private const int SectionVersions = 0x6fffffff;
    private const byte WeakVersion = 2;
    private const int WeakBinding = 2;
    private const int SymbolSize = 24;

    private readonly byte[] _bytes;
    private readonly Dictionary<int, Section> _sections = [];
    private readonly Dictionary<int, Section> _byIndex = [];

    /// <summary>Reads the section headers.</summary>
    /// <exception cref="InvalidDataException">The bytes are not a 64-bit little-endian ELF file.</exception>
    public ElfLibrary(byte[] bytes)
    {
        _bytes = bytes;
        if (bytes.Length < 64 || U32(0) != 0x464C457F || bytes[4] != 2 || bytes[5] != 1) throw new InvalidDataException("The file is not a 64-bit little-endian ELF file.");
        int table = (int)U64(40);
        int size = U16(58);
        int count = U16(60);
        for (int i = 0; i < count; i++)
        {
            int at = table + i * size;
            var section = new Section((int)U32(at + 4), (int)U64(at + 24), (int)U64(at + 32), (int)U32(at + 40));
            _sections[section.Type] = section;
            _byIndex[i] = section;
        }
    }

    /// <summary>The versions that the library asks of others, for example <c>GLIBCXX_3.4.32</c> of <c>libstdc++.so.6</c>.</summary>
    public IEnumerable<VersionNeed> VersionNeeds()
    {
        if (!_sections.TryGetValue(SectionVersionNeeds, out Section needs)) yield break;
        Section names = _byIndex[needs.Link];
        for (int need = needs.Offset; ;)
        {
            string file = Text(names, (int)U32(need + 4));
            int auxiliary = need + (int)U32(need + 8);
            for (int i = 0; i < U16(need + 2); i++)
            {
                yield return new VersionNeed(file, Text(names, (int)U32(auxiliary + 8)), U16(auxiliary + 6), auxiliary);
                auxiliary += (int)U32(auxiliary + 12);
            }
            if (U32(need + 12) == 0) yield break;
            need += (int)U32(need + 12);
        }
    }

    /// <summary>The names of the dynamic symbols that are bound to a version.</summary>
    public IEnumerable<string> SymbolsOf(VersionNeed need) => SymbolOffsets(need).Select(at => Text(_byIndex[_sections[SectionDynamicSymbols].Link], (int)U32(at)));

    /// <summary>Makes a version and its symbols weak: where the system has neither, the loader leaves them out instead of failing.</summary>
    public void Weaken(VersionNeed need)
    {
        _bytes[need.Offset + 4] |= WeakVersion;
        foreach (int symbol in SymbolOffsets(need)) _bytes[symbol + 4] = (byte)((WeakBinding << 4) | (_bytes[symbol + 4] & 0xf));
    }

    private IEnumerable<int> SymbolOffsets(VersionNeed need)
    {
        if (!_sections.TryGetValue(SectionVersions, out Section versions)) yield break;
        Section symbols = _sections[SectionDynamicSymbols];
        for (int i = 0; i < versions.Size / 2; i++)
        {
            if ((U16(versions.Offset + 2 * i) & 0x7fff) == need.Index) yield return symbols.Offset + i * SymbolSize;
        }
    }

    private string Text(Section strings, int offset)
    {
        int start = strings.Offset + offset;
        return Encoding.ASCII.GetString(_bytes, start, Array.IndexOf(_bytes, (byte)0, start) - start);
    }

    private ushort U16(int at) => BitConverter.ToUInt16(_bytes, at);

    private uint U32(int at) => BitConverter.ToUInt32(_bytes, at);

    private ulong U64(int at) => BitConverter.ToUInt64(_bytes, at);

    private readonly record struct Section(int Type, int Offset, int Size, int Link);
}

/// <summary>A version that a library asks of another: the file, the version's name, its index in the symbol table, where it stands.</summary>
internal sealed record VersionNeed(string File, string Name, int Index, int Offset);
