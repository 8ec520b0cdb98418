using FineTune.Pipeline;
using FineTune.Training.Diagnostics;
using ModelSpec;
using ModelSpec.Diagnostics;
using ModelSpec.Language;

namespace FineTune.Training.Plugins;

/// <summary>The parts of the pipeline by their kinds and words: the built-in ones and those of plugins.</summary>
internal sealed class PartRegistry
{
    private readonly List<(IPipelinePart Part, PluginSource Plugin)> _parts = [];

    private PartRegistry(PluginWords words) => Words = words;

    /// <summary>Only the built-in parts.</summary>
    public static PartRegistry BuiltIn { get; } = CreateBuiltIn();

    /// <summary>The words that the parts add to the language.</summary>
    public PluginWords Words { get; }

    /// <summary>The formats of weight files in the order in which they are tried. Those of plugins come first, because their files may be archives, too.</summary>
    public IReadOnlyList<RegisteredPart<IWeightFormat>> WeightFormats =>
        [.. All<IWeightFormat>().Where(static format => !format.Plugin.IsBuiltIn), .. All<IWeightFormat>().Where(static format => format.Plugin.IsBuiltIn)];

    /// <summary>Loads plugins.</summary>
    /// <param name="options">For each of them <c>PATH|PROVIDES</c>: the assembly, and the metadata <c>Provides</c> of its item.</param>
    /// <param name="location">The position that errors are reported at.</param>
    /// <returns>The built-in parts and those of the plugins; or null, with the errors in <c>Provides</c>.</returns>
    /// <exception cref="TrainingException">A plugin cannot be loaded, or does not register what its item provides.</exception>
    public static (PartRegistry? Registry, IReadOnlyList<Diagnostic> Diagnostics) Load(IEnumerable<string> options, SpecLocation location)
    {
        PluginItem[] items = [.. options.Select(ReadOption).Distinct()];
        if (items.Length == 0) return (BuiltIn, []);
        Result<PluginWords> words = PluginWords.Read(items);
        if (words.HasErrors) return (null, [.. words.Diagnostics]);
        var registry = new PartRegistry(words.Value!);
        registry._parts.AddRange(BuiltIn._parts);
        foreach (PluginItem item in items)
        {
            (PluginSource source, IReadOnlyList<IPipelinePart> parts) = PluginLoader.Load(item.Path, location);
            registry.Add(source, parts, location);
            registry.CheckProvides(source, parts, location);
        }
        return (registry, [.. words.Diagnostics]);
    }

    /// <summary>Every part of a kind, in the order in which they were registered.</summary>
    public IEnumerable<RegisteredPart<T>> All<T>()
        where T : IPipelinePart =>
        _parts.Where(static part => part.Part is T).Select(static part => new RegisteredPart<T>((T)part.Part, part.Plugin));

    /// <summary>The part of a kind with a word. A spec that was read with <see cref="Words"/> names only existing parts.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public RegisteredPart<T> Find<T>(string word)
        where T : IPipelinePart =>
        All<T>().FirstOrDefault(part => part.Part.Name == word) ?? throw new KeyNotFoundException($"There is no {typeof(T).Name} '{word}'.");

    private static PluginItem ReadOption(string option)
    {
        int end = option.LastIndexOf('|');
        return end < 0 ? new PluginItem(Path.GetFullPath(option), "") : new PluginItem(Path.GetFullPath(option[..end]), option[(end + 1)..].Trim());
    }

    private static PartRegistry CreateBuiltIn()
    {
        var registry = new PartRegistry(PluginWords.BuiltIn);
        var builder = new PartCollector();
        new BuiltInPlugin().Register(builder);
        registry._parts.AddRange(builder.Parts.Select(static part => (part, PluginSource.BuiltIn)));
        return registry;
    }

    private void Add(PluginSource source, IReadOnlyList<IPipelinePart> parts, SpecLocation location)
    {
        foreach (IPipelinePart part in parts)
        {
            PartKind kind = PartKinds.KindOf(part);
            if (_parts.Exists(other => other.Part.Name == part.Name && PartKinds.KindOf(other.Part) == kind))
            {
                PluginSource first = _parts.Find(other => other.Part.Name == part.Name && PartKinds.KindOf(other.Part) == kind).Plugin;
                throw location.Error(TrainingDiagnostics.DuplicatePart, PartWord.KindWord(kind), part.Name, first.Name, source.Name);
            }
            _parts.Add((part, source));
        }
    }

    /// <summary>Checks that a plugin registers what its item provides, because the compiler only reads the item.</summary>
    private void CheckProvides(PluginSource source, IReadOnlyList<IPipelinePart> parts, SpecLocation location)
    {
        string[] registered = [.. parts.Select(part => PartKinds.WordOf(part, source.Path).Text).Order(StringComparer.Ordinal)];
        string[] provided = [.. Words.Parts.Where(word => word.Plugin == source.Path).Select(static word => PartKinds.InOrder(word).Text).Order(StringComparer.Ordinal)];
        if (registered.SequenceEqual(provided)) return;
        string[] missing = [.. registered.Except(provided)];
        string[] extra = [.. provided.Except(registered)];
        List<string> differences = [];
        if (missing.Length > 0) differences.Add($"it registers {string.Join(", ", missing)}, which Provides does not have");
        if (extra.Length > 0) differences.Add($"Provides has {string.Join(", ", extra)}, which it does not register");
        throw location.Error(TrainingDiagnostics.ProvidesDiffers, source.Path, string.Join("; ", differences), string.Join(", ", registered));
    }
}

/// <summary>Collects what a plugin registers.</summary>
internal sealed class PartCollector : IPipelineBuilder
{
    private readonly List<IPipelinePart> _parts = [];

    /// <summary>The parts so far.</summary>
    public IReadOnlyList<IPipelinePart> Parts => _parts;

    /// <inheritdoc />
    /// <exception cref="ArgumentException">The part implements none of the contracts, or more than one.</exception>
    public IPipelineBuilder Add(IPipelinePart part)
    {
        ArgumentNullException.ThrowIfNull(part);
        PartKinds.KindOf(part);
        _parts.Add(part);
        return this;
    }
}
