using System.Globalization;
using PureHDF;

namespace FineTune.Training.WeightFormats.Keras;

/// <summary>
/// Finds the layers of a Keras file. Keras 2's <c>.h5</c>, and whole models that Keras 3 saves as <c>.h5</c>, have a group per layer whose
/// <c>weight_names</c> attribute lists its datasets. Keras 3's <c>.weights.h5</c> has a group per layer, named after the layer's class
/// with a counter (<c>conv2d_3</c>), whose datasets are <c>vars/0</c>, <c>vars/1</c>, … and whose <c>vars</c> has the layer's name as an attribute.
/// </summary>
internal sealed class KerasLayers
{
    /// <summary>The largest nesting of groups. Nested models have a few levels; in a hostile file, a group can contain itself.</summary>
    private const int Depth = 16;

    private const int MostGroups = 100_000;

    private static readonly string[] Convolution = ["kernel", "bias"];
    private static readonly string[] Normalization = ["gamma", "beta", "moving_mean", "moving_variance"];
    private static readonly string[] PlainNormalization = ["moving_mean", "moving_variance"];

    private readonly List<KerasLayer> _layers = [];
    private int _groups;

    private KerasLayers()
    {
    }

    /// <summary>Finds every layer that has weights. An optimizer's weights are left out.</summary>
    /// <param name="file">The root group.</param>
    /// <exception cref="InvalidDataException">The file was not written by Keras.</exception>
    public static IReadOnlyList<KerasLayer> Find(IH5Group file)
    {
        var found = new KerasLayers();
        // Whole models keep their weights one group deeper.
        found.Visit(file.LinkExists("model_weights") ? file.Group("model_weights") : file, "", 0);
        return found._layers.Count > 0 ? found._layers : throw new InvalidDataException("The HDF5 file has no layers as Keras writes them.");
    }

    private void Visit(IH5Group parent, string path, int depth)
    {
        if (depth > Depth) throw new InvalidDataException($"The HDF5 file has groups more than {Depth} levels deep.");
        foreach ((string name, IH5Group group) in Groups(parent))
        {
            if (++_groups > MostGroups) throw new InvalidDataException($"The HDF5 file has more than {MostGroups} groups.");
            if (depth == 0 && name is "optimizer" or "optimizer_weights") continue;
            if (Texts(group, "weight_names") is { } weights)
            {
                AddNamed(name, group, weights);
                continue;
            }
            string below = path;
            if (group.LinkExists("vars"))
            {
                IH5Group variables = group.Group("vars");
                string layer = Text(variables, "name") ?? name;
                below = Join(path, layer);
                AddNumbered(layer, below, Class(name), variables);
            }
            Visit(group, below, depth + 1);
        }
    }

    /// <summary>The groups in the order of the layers: as the file lists them, or by class and counter.</summary>
    private static IEnumerable<(string Name, IH5Group Group)> Groups(IH5Group parent)
    {
        IEnumerable<string> names = Texts(parent, "layer_names") is { Length: > 0 } listed
            ? listed.Where(parent.LinkExists)
            : parent.Children().Where(static child => child is IH5Group && child.Name != "vars").Select(static child => child.Name)
                .OrderBy(Class, StringComparer.Ordinal).ThenBy(Counter);
        return names.Select(name => (name, parent.Group(name)));
    }

    private void AddNamed(string name, IH5Group group, string[] weights)
    {
        // A nested model is one group; the names of its layers are a part of the weights' names.
        var variables = weights.Select(weight => (Path: weight.Split('/'), Variable: new KerasVariable(Variable(weight), group.Dataset(weight)))).ToList();
        bool nests = variables.All(static v => v.Path.Length > 1) && variables.Select(static v => v.Path[^2]).Distinct(StringComparer.Ordinal).Count() > 1;
        foreach (var layer in variables.GroupBy(v => nests ? v.Path[^2] : name, static v => v.Variable, StringComparer.Ordinal))
        {
            _layers.Add(new KerasLayer(layer.Key, nests ? Join(name, layer.Key) : name, Kind([.. layer]), [.. layer]));
        }
    }

    private void AddNumbered(string name, string path, string type, IH5Group variables)
    {
        List<IH5Dataset> datasets = [];
        while (variables.LinkExists(Number(datasets.Count))) datasets.Add(variables.Dataset(Number(datasets.Count)));
        if (datasets.Count == 0) return;
        KerasLayerKind kind = type switch
        {
            "conv2d" => KerasLayerKind.Conv2D,
            "depthwise_conv2d" => KerasLayerKind.DepthwiseConv2D,
            "batch_normalization" => KerasLayerKind.BatchNormalization,
            _ => KerasLayerKind.Other,
        };
        string[] names = kind switch
        {
            KerasLayerKind.Conv2D or KerasLayerKind.DepthwiseConv2D => Convolution,
            KerasLayerKind.BatchNormalization when datasets.Count == 4 => Normalization,
            KerasLayerKind.BatchNormalization when datasets.Count == 2 => PlainNormalization,
            _ when type == "dense" => Convolution,
            _ => [],
        };
        _layers.Add(new KerasLayer(name, path, kind, [.. datasets.Select((dataset, i) => new KerasVariable(i < names.Length ? names[i] : Number(i), dataset))]));
    }

    private static KerasLayerKind Kind(IReadOnlyList<KerasVariable> variables)
    {
        if (variables.Any(static v => v.Name is "moving_mean" or "moving_variance")) return KerasLayerKind.BatchNormalization;
        if (variables.FirstOrDefault(static v => v.Dataset.Space.Dimensions.Length == 4) is not { } kernel) return KerasLayerKind.Other;
        // Keras 3 calls depthwise kernels "kernel", too. They have a last dimension of 1, which convolutions with one output rarely have.
        bool isDepthwise = kernel.Name == "depthwise_kernel" || kernel.Dataset.Space.Dimensions is [_, _, > 1, 1];
        return isDepthwise ? KerasLayerKind.DepthwiseConv2D : KerasLayerKind.Conv2D;
    }

    /// <summary>The last part of <c>first_conv/kernel:0</c> without TensorFlow's number.</summary>
    private static string Variable(string weight)
    {
        string name = weight[(weight.LastIndexOf('/') + 1)..];
        return name.EndsWith(":0", StringComparison.Ordinal) ? name[..^2] : name;
    }

    private static string Class(string group) => Counter(group) == 0 ? group : group[..group.LastIndexOf('_')];

    /// <summary>The counter of <c>conv2d_3</c>; 0 for <c>conv2d</c>.</summary>
    private static int Counter(string group) =>
        int.TryParse(group.AsSpan(group.LastIndexOf('_') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int count) && group.Contains('_', StringComparison.Ordinal)
            ? count
            : 0;

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}/{name}";

    private static string Number(int i) => i.ToString(CultureInfo.InvariantCulture);

    private static string? Text(IH5Group group, string attribute) => group.AttributeExists(attribute) ? group.Attribute(attribute).Read<string>().TrimEnd('\0') : null;

    /// <summary>An attribute with a list of texts. Keras splits a list that is longer than 64 KB into <c>NAME0</c>, <c>NAME1</c>, ….</summary>
    private static string[]? Texts(IH5Group group, string attribute)
    {
        if (group.AttributeExists(attribute)) return Texts(group.Attribute(attribute));
        List<string> texts = [];
        int part = 0;
        for (; group.AttributeExists(attribute + Number(part)); part++) texts.AddRange(Texts(group.Attribute(attribute + Number(part))));
        return part == 0 ? null : [.. texts];
    }

    private static string[] Texts(IH5Attribute attribute) => attribute.Space.Dimensions.Contains(0UL) || attribute.Space.Type == H5DataspaceType.Null
        ? []
        : [.. attribute.Read<string[]>().Select(static text => text.TrimEnd('\0'))];
}
