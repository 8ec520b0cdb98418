using System.Globalization;
using System.Text.RegularExpressions;
using ModelSpec.Diagnostics;
using ModelSpec.Layers;
using ModelSpec.Text;
using ModelSpec.Toml;

namespace ModelSpec.Backbones;

/// <summary>Reads a <c>.backbone</c> file.</summary>
public static class BackboneReader
{
    private static readonly Dictionary<string, BackboneLayerKind> Kinds = new(StringComparer.Ordinal)
    {
        ["input"] = BackboneLayerKind.Input,
        ["conv2d"] = BackboneLayerKind.Conv2d,
        ["depthwise_conv2d"] = BackboneLayerKind.DepthwiseConv2d,
        ["batch_norm"] = BackboneLayerKind.BatchNorm,
        ["relu"] = BackboneLayerKind.Relu,
        ["relu6"] = BackboneLayerKind.Relu6,
        ["max_pool"] = BackboneLayerKind.MaxPool,
        ["zero_pad"] = BackboneLayerKind.ZeroPad,
    };

    private static readonly Dictionary<string, Activation> Activations = new(StringComparer.Ordinal)
    {
        ["relu"] = Activation.Relu,
        ["relu6"] = Activation.Relu6,
    };

    /// <summary>The values of <c>padding</c>: whether it is TensorFlow's "same".</summary>
    private static readonly Dictionary<string, bool> Paddings = new(StringComparer.Ordinal)
    {
        ["same"] = true,
        ["valid"] = false,
    };

    /// <summary>What an operating system does not allow in the name of a file, beside control characters.</summary>
    private static readonly char[] NotInFileNames = ['/', '\\', ':', '*', '?', '"', '<', '>', '|'];

    private static readonly Regex DigestPattern =
        new(@"\A(?:md5:[0-9a-fA-F]{32}|sha256:[0-9a-fA-F]{8,64})\z", RegexOptions.CultureInvariant);

    /// <summary>Reads a backbone table.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="path">The file's path, as diagnostics shall name it.</param>
    /// <returns>The table, or every error found.</returns>
    public static Result<BackboneTable> Read(string text, string path)
    {
        var bag = new DiagnosticBag(path);
        TomlTable? tree = TomlTree.Parse(text, bag);
        BackboneTable? table = tree is null ? null : Read(new TableReader(tree, "the backbone", SourceSpan.FileStart, bag), path);
        return new Result<BackboneTable>(bag.HasErrors ? null : table, bag.ToArray());
    }

    private static BackboneTable? Read(TableReader root, string path)
    {
        Located<string>? name = Text(root, "name", "what specs call the backbone");
        string? title = root.String("title")?.Value;
        List<Located<long>>? input = root.Integers("input", NumberRange.Closed(1, 8192));
        if (input is not { Count: 2 }) root.Missing("input", "the usual [height, width]");
        List<Located<double>> multipliers = root.Numbers("width", NumberRange.Above(0)) ?? [];
        Preprocessing preprocessing = ReadPreprocessing(root) ?? Preprocessing.Unit;

        List<BackboneLayer> layers = [];
        foreach (TableReader row in root.Tables("layers"))
        {
            if (ReadLayer(row) is { } layer) layers.Add(layer);
            row.Finish();
        }
        CheckLayers(root, layers);

        List<Located<string>> top = root.Strings("top") ?? [];
        List<WeightSet> sets = [];
        foreach (TableReader row in root.Tables("weights"))
        {
            if (ReadWeightSet(row) is { } set) sets.Add(set);
            row.Finish();
        }
        root.Finish();
        return root.Bag.HasErrors
            ? null
            : new BackboneTable(
                name!.Value.Value, title ?? name.Value.Value, (int)input![0].Value, (int)input[1].Value,
                multipliers.Select(static m => m.Value).ToEquatableArray(), preprocessing, layers.ToEquatableArray(),
                top.Select(static t => t.Value).ToEquatableArray(), sets.ToEquatableArray(), path, name.Value.Span);
    }

    private static BackboneLayer? ReadLayer(TableReader row)
    {
        Located<string>? name = row.String("name");
        if (name is null) row.Missing("name", "the layer's name");
        if (!row.Has("type")) row.Missing("type", string.Join(", ", Kinds.Keys));
        if (!row.Word("type", "layer type", Kinds, out BackboneLayerKind kind) || name is null) return null;

        Located<string> key = row.String("key") ?? name.Value;
        NumberRange positive = NumberRange.Closed(1, 65536);
        bool convolution = kind is BackboneLayerKind.Conv2d or BackboneLayerKind.DepthwiseConv2d;
        bool window = convolution || kind == BackboneLayerKind.MaxPool;
        int filters = 0, kernel = 0, stride = 1;
        bool same = false, bias = false;
        var activation = Activation.None;
        double epsilon = 0, momentum = 0;
        Padding padding = Padding.None;

        if (kind == BackboneLayerKind.Conv2d) filters = Whole("filters", null);
        if (window)
        {
            kernel = Whole("kernel", kind == BackboneLayerKind.MaxPool ? 2 : 3);
            stride = Whole("stride", kind == BackboneLayerKind.MaxPool ? kernel : 1);
        }
        if (convolution)
        {
            same = !row.Word("padding", "padding", Paddings, out bool given) || given;
            bias = row.Boolean("bias")?.Value ?? true;
            row.Word("activation", "activation", Activations, out activation);
        }
        if (kind == BackboneLayerKind.BatchNorm)
        {
            epsilon = row.Number("epsilon", NumberRange.Above(0))?.Value ?? 1e-5;
            momentum = row.Number("momentum", NumberRange.Closed(0, 1))?.Value ?? 0.1;
        }
        if (kind == BackboneLayerKind.ZeroPad)
        {
            List<Located<long>>? sides = row.Integers("padding", NumberRange.Closed(0, 64));
            if (sides is { Count: 4 })
            {
                padding = new Padding((int)sides[0].Value, (int)sides[1].Value, (int)sides[2].Value, (int)sides[3].Value);
            }
            else
            {
                row.Missing("padding", "[top, bottom, left, right]");
            }
        }
        return new BackboneLayer(
            name.Value.Value, kind, key.Value, filters, kernel, stride, same, bias, activation, epsilon, momentum, padding,
            name.Value.Span, key.Span);

        int Whole(string property, int? otherwise)
        {
            if (row.Integer(property, positive) is { } given) return (int)given.Value;
            if (otherwise is null && !row.Has(property)) row.Missing(property, "a whole number");
            return otherwise ?? 1;
        }
    }

    private static WeightSet? ReadWeightSet(TableReader row)
    {
        string? name = Text(row, "name", "the word of the language")?.Value;
        Located<string>? file = Text(row, "file", "the file's name");
        if (file is { } given && !IsFileName(given.Value))
        {
            row.Bag.Report(SpecDiagnostics.FileName, given.Span, given.Value, string.Join(" ", NotInFileNames));
        }
        string? url = Text(row, "url", "where it is published")?.Value;
        Located<string>? digest = row.String("digest");
        if (digest is { } stated && !DigestPattern.IsMatch(stated.Value))
        {
            row.Bag.Report(SpecDiagnostics.Digest, stated.Span, stated.Value);
        }
        double? width = row.Number("width", NumberRange.Above(0))?.Value;
        Preprocessing? preprocessing = ReadPreprocessing(row);
        if (preprocessing is null && !row.Has("preprocess")) row.Missing("preprocess", string.Join(", ", Preprocessing.ByName.Keys));
        EquatableArray<KeyRename> rename = [];
        if (row.Table("rename") is { } renames)
        {
            rename = renames.Keys.Select(from => new KeyRename(from, renames.String(from)?.Value ?? "")).ToEquatableArray();
        }
        return name is null || file is null || url is null || preprocessing is null
            ? null
            : new WeightSet(name, file.Value.Value, url, digest?.Value, width, preprocessing, row.String("size")?.Value, rename);
    }

    /// <summary>A string that must be there and must not be blank.</summary>
    private static Located<string>? Text(TableReader table, string key, string meaning)
    {
        if (!table.Has(key)) table.Missing(key, meaning);
        if (table.String(key) is not { } text) return null;
        if (!string.IsNullOrWhiteSpace(text.Value)) return text;
        table.Bag.Report(SpecDiagnostics.OutOfRange, text.Span, key, "a name", "empty");
        return null;
    }

    private static bool IsFileName(string name) =>
        name is not ("." or "..") && !name.Any(static c => char.IsControl(c) || NotInFileNames.Contains(c));

    private static Preprocessing? ReadPreprocessing(TableReader row) =>
        row.Word("preprocess", "preprocessing", Preprocessing.ByName, out Preprocessing? preprocessing) ? preprocessing : null;

    private static void CheckLayers(TableReader root, List<BackboneLayer> layers)
    {
        if (layers.Count == 0)
        {
            if (!root.Has("layers")) root.Missing("layers", "the rows of the table");
            return;
        }
        if (layers[0].Kind != BackboneLayerKind.Input)
        {
            root.Bag.Report(SpecDiagnostics.Backbone, layers[0].Span, "The first layer must be the input: { name = \"input\", type = \"input\" }.");
        }
        foreach (BackboneLayer second in layers.Skip(1).Where(static l => l.Kind == BackboneLayerKind.Input))
        {
            root.Bag.Report(SpecDiagnostics.Backbone, second.Span, "Only the first layer can be the input.");
        }
        foreach (IGrouping<string, BackboneLayer> twins in layers.GroupBy(static l => Identifiers.ToPascalCase(l.Name)).Where(static g => g.Count() > 1))
        {
            root.Bag.Report(SpecDiagnostics.Backbone, twins.Last().Span, string.Format(
                CultureInfo.InvariantCulture, "Two layers would be the member '{0}'; rename '{1}'.", twins.Key, twins.Last().Name));
        }
        foreach (BackboneLayer unnamed in layers.Where(static l => Identifiers.ToPascalCase(l.Name).Length == 0))
        {
            root.Bag.Report(SpecDiagnostics.NotAnIdentifier, unnamed.Span, unnamed.Name, "a member");
        }
        CheckKeys(layers, root.Bag);
    }

    /// <summary>Every layer that runs is registered under its key, below the groups that the dots in it make.</summary>
    private static void CheckKeys(List<BackboneLayer> layers, DiagnosticBag bag)
    {
        var owners = new Dictionary<string, BackboneLayer>(StringComparer.Ordinal);
        foreach (BackboneLayer layer in layers.Where(static l => l.Kind != BackboneLayerKind.Input))
        {
            string[] parts = layer.Key.Split('.');
            if (parts.Any(string.IsNullOrWhiteSpace))
            {
                Report(layer, $"'{layer.Key}' cannot be the key of '{layer.Name}': a part of it between dots is empty.");
            }
            else if (parts[0] == "head")
            {
                Report(layer, $"The key '{layer.Key}' of '{layer.Name}' belongs to the network's head; give the layer another key.");
            }
            else if (owners.TryGetValue(layer.Key, out BackboneLayer? twin))
            {
                Report(layer, $"The layers '{twin.Name}' and '{layer.Name}' have the same key '{layer.Key}'; give one another key.");
            }
            else if (owners.Values.FirstOrDefault(other => IsBelow(layer, other) || IsBelow(other, layer)) is { } other)
            {
                Report(layer, $"The keys '{other.Key}' of '{other.Name}' and '{layer.Key}' of '{layer.Name}' go through each other; "
                    + "give one of the layers another key.");
            }
            else
            {
                owners.Add(layer.Key, layer);
            }
        }

        void Report(BackboneLayer layer, string message) => bag.Report(SpecDiagnostics.LayerKey, layer.KeySpan, message);

        static bool IsBelow(BackboneLayer layer, BackboneLayer other) => layer.Key.StartsWith(other.Key + ".", StringComparison.Ordinal);
    }
}
