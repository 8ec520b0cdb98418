using ModelSpec.Diagnostics;
using ModelSpec.Text;

namespace ModelSpec.Generator.Models;

/// <summary>The types that are generated from one spec.</summary>
/// <param name="Path">The spec.</param>
/// <param name="Names">The types' full names.</param>
internal sealed record GeneratedTypes(string Path, EquatableArray<string> Names)
{
    /// <summary>
    /// An error for each spec that would generate a type that an earlier spec already generates. Names that differ only in case count
    /// as equal, because the names of generated files are not case-sensitive.
    /// </summary>
    public static EquatableArray<Diagnostic> FindDuplicates(IEnumerable<GeneratedTypes> specs)
    {
        var owners = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        List<Diagnostic> duplicates = [];
        foreach (GeneratedTypes spec in specs)
        {
            if (spec.Names.FirstOrDefault(owners.ContainsKey) is { } twin)
            {
                duplicates.Add(Diagnostic.Create(SpecDiagnostics.DuplicateModel, spec.Path, SourceSpan.FileStart, twin, owners[twin]));
                continue;
            }
            foreach (string name in spec.Names) owners.Add(name, spec.Path);
        }
        return duplicates.ToEquatableArray();
    }
}
