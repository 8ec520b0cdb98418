using ModelSpec.Diagnostics;
using ModelSpec.Text;

namespace ModelSpec.Language;

/// <summary>A <c>ModelSpecPlugin</c> item of a project.</summary>
/// <param name="Path">The plugin's assembly.</param>
/// <param name="Provides">The item's metadata: the parts that the plugin provides.</param>
public sealed record PluginItem(string Path, string Provides);

/// <summary>
/// The words that parts of the pipeline add to the language: those that are built in and those of a project's plugins. They come from the
/// metadata of the items, so that the compiler knows them without loading a plugin.
/// </summary>
/// <param name="Parts">Every word, those that are built in first.</param>
public sealed record PluginWords(EquatableArray<PartWord> Parts)
{
    /// <summary>The importer of folders: a <c>source</c> that names no other importer is a folder.</summary>
    public const string Folders = "folders";

    /// <summary>What is built in, in the words of <c>Provides</c>.</summary>
    public const string BuiltInProvides =
        "importer:folders, importer:flowers17, format:pytorch(.pth, .pt), format:pytorch_legacy(.pth, .pt), format:safetensors(.safetensors), "
        + "format:hdf5(.h5), format:keras(.keras), evaluator:report, exporter:safetensors, exporter:onnx(form:text=tensor, precision:text=fp32, max_drop:number[0..1]=0.005), "
        + "exporter:report(examples:whole[0..200]=24, license:text=), exporter:model-card(license:text=), exporter:tensorboard";

    /// <summary>Only what is built in.</summary>
    public static PluginWords BuiltIn { get; } = ReadBuiltIn();

    /// <summary>The extensions of weight files, each with the dot.</summary>
    public IEnumerable<string> WeightFileExtensions => Parts.SelectMany(static part => part.Extensions).Distinct(StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads what the plugins of a project provide.</summary>
    /// <param name="plugins">The items; duplicates count once.</param>
    /// <returns>
    /// The built-in words and all words that could be read, and the errors: <c>Provides</c> that cannot be read, with the position in its
    /// text, and words that two plugins provide.
    /// </returns>
    public static Result<PluginWords> Read(IEnumerable<PluginItem> plugins)
    {
        List<PartWord> parts = [.. BuiltIn.Parts];
        List<Diagnostic> diagnostics = [];
        foreach (PluginItem plugin in plugins.Distinct())
        {
            var bag = new DiagnosticBag(plugin.Path);
            foreach (Located<PartWord> part in ProvidesReader.Read(plugin, bag))
            {
                if (parts.Find(other => other.Kind == part.Value.Kind && other.Word == part.Value.Word) is { } twin)
                {
                    bag.Report(SpecDiagnostics.DuplicatePart, part.Span, PartWord.KindWord(twin.Kind), twin.Word, Owner(twin), Owner(part.Value));
                }
                else
                {
                    parts.Add(part.Value);
                }
            }
            diagnostics.AddRange(bag.ToArray());
        }
        return new Result<PluginWords>(new PluginWords(parts.ToEquatableArray()), diagnostics.ToEquatableArray());
    }

    /// <summary>A part by its kind and word, or null.</summary>
    public PartWord? Find(PartKind kind, string word) => Parts.FirstOrDefault(part => part.Kind == kind && part.Word == word);

    /// <summary>The words of a kind, in alphabetical order.</summary>
    public IEnumerable<string> Words(PartKind kind) =>
        Parts.Where(part => part.Kind == kind).Select(static part => part.Word).OrderBy(static word => word, StringComparer.Ordinal);

    private static string Owner(PartWord part) => part.Plugin.Length == 0 ? "FineTune itself" : $"'{part.Plugin}'";

    private static PluginWords ReadBuiltIn()
    {
        var bag = new DiagnosticBag("");
        var parts = ProvidesReader.Read(new PluginItem("", BuiltInProvides), bag).Select(static part => part.Value).ToEquatableArray();
        return bag.HasErrors ? throw new InvalidOperationException(bag.ToArray()[0].ToString()) : new PluginWords(parts);
    }
}
