using FineTune.Pipeline;
using ModelSpec.Language;

namespace FineTune.Training.Plugins;

/// <summary>The origin of parts.</summary>
/// <param name="Path">The assembly; empty for the parts that are built in.</param>
/// <param name="Digest">The digest of the assembly; null for the parts that are built in.</param>
internal sealed record PluginSource(string Path, string? Digest)
{
    /// <summary>The trainer itself.</summary>
    public static PluginSource BuiltIn { get; } = new("", null);

    /// <summary>Its name in messages and locks: that of the file.</summary>
    public string Name => IsBuiltIn ? "FineTune" : System.IO.Path.GetFileName(Path);

    /// <summary>Whether the parts are built in.</summary>
    public bool IsBuiltIn => Path.Length == 0;
}

/// <summary>A part and its origin.</summary>
/// <typeparam name="T">The kind of part.</typeparam>
/// <param name="Part">The part.</param>
/// <param name="Plugin">The plugin that registered it.</param>
internal sealed record RegisteredPart<T>(T Part, PluginSource Plugin)
    where T : IPipelinePart
{
    /// <summary>Its name in messages: <c>importer 'csv'</c>.</summary>
    public string Title => $"{PartWord.KindWord(PartKinds.KindOf(Part))} '{Part.Name}'";
}
