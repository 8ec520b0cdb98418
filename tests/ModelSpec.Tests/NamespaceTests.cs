using System.Reflection;
using System.Text.RegularExpressions;

namespace ModelSpec.Tests;

/// <summary>The namespaces of the language form layers: each may only use those below it.</summary>
public partial class NamespaceTests
{
    private static readonly string Sources = typeof(NamespaceTests).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(static a => a.Key == "Sources").Value!;

    [Fact]
    public void No_namespaces_of_the_language_depend_on_each_other_in_a_circle()
    {
        Dictionary<string, SortedSet<string>> uses = ReadUses();

        Assert.Superset(new HashSet<string> { "Text", "Diagnostics", "Toml", "Language", "Layers", "Backbones", "Networks", "Plans", "Locks" }, uses.Keys.ToHashSet());
        Assert.Contains("Networks", uses["Plans"]);
        string circle = FindCircle(uses);
        Assert.True(circle.Length == 0, circle);
    }

    [Fact]
    public void A_circle_is_named_from_its_first_namespace_back_to_it()
    {
        Dictionary<string, SortedSet<string>> uses = new() { ["A"] = ["B"], ["B"] = ["C", "D"], ["C"] = [], ["D"] = ["B"] };

        Assert.Equal("B -> D -> B", FindCircle(uses));
    }

    /// <summary>The other namespaces that each namespace below <c>ModelSpec</c> names, in a <c>using</c> or before a type.</summary>
    private static Dictionary<string, SortedSet<string>> ReadUses()
    {
        var uses = new Dictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        foreach (string folder in Directory.EnumerateDirectories(Sources).Where(static f => Path.GetFileName(f) is not ("bin" or "obj")))
        {
            foreach (string file in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
            {
                string text = File.ReadAllText(file);
                string own = Declaration().Match(text).Groups["name"].Value;
                Assert.True(own == Path.GetFileName(folder), $"{file} declares the namespace 'ModelSpec.{own}'.");
                if (!uses.TryGetValue(own, out SortedSet<string>? used)) uses[own] = used = new SortedSet<string>(StringComparer.Ordinal);
                used.UnionWith(Mention().Matches(text).Select(static m => m.Groups["name"].Value).Where(name => name != own));
            }
        }
        foreach (SortedSet<string> used in uses.Values) used.IntersectWith(uses.Keys);
        return uses;
    }

    /// <summary>The namespaces of a cycle in order, joined by arrows; empty if there is none.</summary>
    private static string FindCircle(Dictionary<string, SortedSet<string>> uses)
    {
        HashSet<string> finished = [];
        return uses.Keys.Order(StringComparer.Ordinal).Select(name => Visit(name, [])).FirstOrDefault(static circle => circle.Length > 0) ?? "";

        string Visit(string name, List<string> path)
        {
            int seen = path.IndexOf(name);
            if (seen >= 0) return string.Join(" -> ", path.Skip(seen).Append(name));
            if (finished.Contains(name)) return "";
            path.Add(name);
            string found = uses[name].Select(used => Visit(used, path)).FirstOrDefault(static circle => circle.Length > 0) ?? "";
            path.RemoveAt(path.Count - 1);
            finished.Add(name);
            return found;
        }
    }

    [GeneratedRegex(@"^namespace ModelSpec\.(?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"\bModelSpec\.(?<name>\w+)")]
    private static partial Regex Mention();
}
