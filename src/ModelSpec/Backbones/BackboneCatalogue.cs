using System.Collections.Concurrent;
using System.Reflection;
using ModelSpec.Diagnostics;

namespace ModelSpec.Backbones;

/// <summary>The backbones that specs can name: the built-in ones and those of a project's own <c>.backbone</c> files.</summary>
public sealed class BackboneCatalogue : IEquatable<BackboneCatalogue>
{
    private static readonly ConcurrentDictionary<string, BackboneTable> BuiltInTables = new(StringComparer.Ordinal);

    private static readonly string[] BuiltInNames = typeof(BackboneCatalogue).Assembly.GetManifestResourceNames()
        .Where(static n => n.EndsWith(".backbone", StringComparison.Ordinal))
        .Select(static n => n.Substring(0, n.Length - ".backbone".Length))
        .OrderBy(static n => n, StringComparer.Ordinal)
        .ToArray();

    private readonly EquatableArray<BackboneTable> _own;

    /// <summary>A catalogue with a project's own tables in front of the built-in ones.</summary>
    public BackboneCatalogue(IEnumerable<BackboneTable> own) => _own = own.ToEquatableArray();

    /// <summary>Only the built-in backbones.</summary>
    public static BackboneCatalogue BuiltIn { get; } = new([]);

    /// <summary>Every name that <see cref="Find"/> knows.</summary>
    public IEnumerable<string> Names => _own.Select(static t => t.Name).Concat(BuiltInNames).Distinct(StringComparer.Ordinal);

    /// <summary>The table called <paramref name="name"/>, or null.</summary>
    public BackboneTable? Find(string name) =>
        _own.FirstOrDefault(t => t.Name == name) ?? (BuiltInNames.Contains(name) ? BuiltInTables.GetOrAdd(name, ReadBuiltIn) : null);

    /// <summary>An error for each of the project's own tables that has the same name as another one of them.</summary>
    public EquatableArray<Diagnostic> FindDuplicates() => _own
        .GroupBy(static t => t.Name, StringComparer.Ordinal)
        .SelectMany(static twins => twins.Skip(1).Select(twin => Diagnostic.Create(
            SpecDiagnostics.DuplicateBackbone, twin.Path, twin.NameSpan, twin.Name, twin.Path, twins.First().Path)))
        .ToEquatableArray();

    /// <inheritdoc />
    public bool Equals(BackboneCatalogue? other) => other is not null && _own == other._own;

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as BackboneCatalogue);

    /// <inheritdoc />
    public override int GetHashCode() => _own.GetHashCode();

    private static BackboneTable ReadBuiltIn(string name)
    {
        Assembly assembly = typeof(BackboneCatalogue).Assembly;
        using Stream stream = assembly.GetManifestResourceStream(name + ".backbone")!;
        using var reader = new StreamReader(stream);
        Result<BackboneTable> result = BackboneReader.Read(reader.ReadToEnd(), name + ".backbone");
        return result.Value ?? throw new InvalidDataException(string.Join("\n", result.Diagnostics));
    }
}
