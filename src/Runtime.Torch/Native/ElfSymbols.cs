using System.Buffers.Binary;
using System.Text;

namespace FineTune.Native;

/// <summary>
/// The dynamic symbols of a 64-bit little-endian ELF shared library: what it asks other libraries for, and what it gives them (Tool Interface
/// Standard, "Executable and Linking Format"; GNU's hash section). Only the sections of symbols are read, so a large library is not.
/// </summary>
internal sealed class ElfSymbols
{
    private const uint SectionDynamic = 6, SectionSymbols = 11, SectionHash = 0x6ffffff6, SectionVersions = 0x6fffffff;
    private const int SymbolSize = 24, NeededTag = 1, WeakBinding = 2, FirstNamedVersion = 2;

    private readonly byte[] _symbols, _names, _versions, _hash, _dynamic;

    private ElfSymbols(byte[] symbols, byte[] names, byte[] versions, byte[] hash, byte[] dynamic)
    {
        _symbols = symbols;
        _names = names;
        _versions = versions;
        _hash = hash;
        _dynamic = dynamic;
    }

    /// <summary>Reads a library's symbols.</summary>
    /// <param name="path">The library.</param>
    /// <exception cref="InvalidDataException">It is not such a library, is damaged, or has no symbols or no GNU hash of them.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ElfSymbols Read(string path)
    {
        using FileStream file = File.OpenRead(path);
        byte[] header = Bytes(file, 0, 64);
        if (U32(header, 0) != 0x464C457F || header[4] != 2 || header[5] != 1) throw new InvalidDataException($"'{path}' is not a 64-bit little-endian ELF file.");
        int size = U16(header, 58), count = U16(header, 60);
        byte[] table = Bytes(file, U64(header, 40), (ulong)(size * count));
        byte[] symbols = Section(SectionSymbols, out int symbolsIndex), names = symbolsIndex < 0 ? [] : Linked(symbolsIndex);
        var read = new ElfSymbols(symbols, names, Section(SectionVersions, out _), Section(SectionHash, out int hashIndex), Section(SectionDynamic, out _));
        return symbolsIndex >= 0 && hashIndex >= 0 ? read : throw new InvalidDataException($"'{path}' has no dynamic symbols, or no GNU hash of them.");

        byte[] Section(uint type, out int index)
        {
            for (index = 0; index < count; index++)
            {
                if (U32(table, index * size + 4) == type) return Content(index);
            }
            index = -1;
            return [];
        }

        byte[] Linked(int index) => Content((int)U32(table, index * size + 40));

        byte[] Content(int index) => Bytes(file, U64(table, index * size + 24), U64(table, index * size + 32));
    }

    /// <summary>The file names of the libraries that this one asks the loader for, in its order.</summary>
    public IReadOnlyList<string> Needed()
    {
        List<string> needed = [];
        for (int at = 0; at + 16 <= _dynamic.Length; at += 16)
        {
            if (U64(_dynamic, at) == NeededTag) needed.Add(Encoding.UTF8.GetString(Name((int)U64(_dynamic, at + 8))));
        }
        return needed;
    }

    /// <summary>
    /// The symbols that other libraries must have. Weak ones may be absent; those of a named version, such as <c>GLIBC_2.34</c>, are the system's
    /// and the loader itself checks them.
    /// </summary>
    public IReadOnlyList<string> Imports()
    {
        List<string> imports = [];
        for (int i = 1; i < _symbols.Length / SymbolSize; i++)
        {
            bool hasVersion = _versions.Length > 0 && (U16(_versions, 2 * i) & 0x7fff) >= FirstNamedVersion;
            if (IsDefined(i) || hasVersion || _symbols[i * SymbolSize + 4] >> 4 == WeakBinding) continue;
            imports.Add(Encoding.UTF8.GetString(NameOf(i)));
        }
        return imports;
    }

    /// <summary>Whether this library defines a symbol for others.</summary>
    /// <param name="name">The symbol as the linker knows it; a C++ function by its mangled name.</param>
    public bool Exports(string name)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        uint hash = 5381;
        foreach (byte letter in bytes) hash = hash * 33 + letter;
        int buckets = (int)U32(_hash, 0), first = (int)U32(_hash, 4), blooms = (int)U32(_hash, 8);
        int bucketsAt = 16 + 8 * blooms, chainsAt = bucketsAt + 4 * buckets;
        int index = (int)U32(_hash, bucketsAt + 4 * (int)(hash % (uint)buckets));
        // Chains end with a hash whose lowest bit is set; bucket 0 is empty.
        for (bool isLast = index < first; !isLast; index++)
        {
            uint entry = U32(_hash, chainsAt + 4 * (index - first));
            if ((entry | 1) == (hash | 1) && IsDefined(index) && NameOf(index).SequenceEqual(bytes)) return true;
            isLast = (entry & 1) == 1;
        }
        return false;
    }

    private bool IsDefined(int symbol) => U16(_symbols, symbol * SymbolSize + 6) != 0;

    private ReadOnlySpan<byte> NameOf(int symbol) => Name((int)U32(_symbols, symbol * SymbolSize));

    private ReadOnlySpan<byte> Name(int offset)
    {
        ReadOnlySpan<byte> rest = _names.AsSpan(offset);
        return rest[..rest.IndexOf((byte)0)];
    }

    private static byte[] Bytes(FileStream file, ulong offset, ulong length)
    {
        if (offset > (ulong)file.Length || length > (ulong)file.Length - offset || length > (ulong)Array.MaxLength) throw new InvalidDataException($"'{file.Name}' is damaged: a section ends after the file.");
        byte[] bytes = new byte[length];
        file.Position = (long)offset;
        file.ReadExactly(bytes);
        return bytes;
    }

    private static ushort U16(byte[] bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at));

    private static uint U32(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));

    private static ulong U64(byte[] bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
}
