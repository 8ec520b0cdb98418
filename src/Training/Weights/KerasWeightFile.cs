using System.Globalization;
using ModelSpec.Networks;
using PureHDF;
using PureHDF.VOL.Native;

namespace FineTune.Training.Weights;

/// <summary>
/// The weights of a backbone in a Keras file, named <c>LAYER.TENSOR</c> and in PyTorch's order of dimensions. Keras 2 (<c>.h5</c>) has a
/// group per layer whose <c>weight_names</c> attribute lists its datasets; Keras 3 (<c>.weights.h5</c>) numbers them below
/// <c>layers/NAME/vars</c>, where NAME is the layer's class in snake case with a counter. Both keep a layer's weights in the order of
/// its class: kernel, bias; gamma, beta, mean, variance. That is PyTorch's order of the tensors; kernels are height, width, input,
/// output (depthwise: height, width, channel, 1) and become output, input, height, width.
/// </summary>
internal sealed class KerasWeightFile : IWeightFile
{
    private readonly NativeFile _file;
    private readonly Dictionary<string, (IH5Dataset Dataset, int[] Order)> _tensors = new(StringComparer.Ordinal);

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="layers">The backbone's layers, whose weights are looked for.</param>
    /// <exception cref="InvalidDataException">It is no HDF5 file, or damaged.</exception>
    public KerasWeightFile(string path, IEnumerable<Layer> layers)
    {
        NativeFile? file = null;
        try
        {
            file = H5File.OpenRead(path);
            _file = file;
            // Whole models keep their weights one group deeper.
            IH5Group root = file.LinkExists("model_weights") ? file.Group("model_weights") : file;
            IH5Group? numbered = root.LinkExists("layers") ? root.Group("layers") : null;
            var counters = new Dictionary<string, int>(StringComparer.Ordinal);
            foreach (Layer layer in layers.Where(static l => l.State.Count > 0))
            {
                IReadOnlyList<IH5Dataset> datasets = numbered is null ? Named(root, layer) : Numbered(numbered, layer, counters);
                for (int i = 0; i < datasets.Count; i++)
                {
                    string tensor = i < layer.State.Count ? layer.State[i].Name : i.ToString(CultureInfo.InvariantCulture);
                    _tensors[$"{layer.Name}.{tensor}"] = (datasets[i], Order(layer, datasets[i].Space.Dimensions.Length));
                }
            }
            Shapes = _tensors.ToDictionary(static t => t.Key, static t => Shape(t.Value.Dataset, t.Value.Order), StringComparer.Ordinal);
        }
        catch (Exception e) when (e is not InvalidDataException)
        {
            // The library has no exception of its own for damaged files.
            file?.Dispose();
            throw new InvalidDataException("It is no HDF5 file, or only a part of one: " + e.Message, e);
        }
    }

    public IReadOnlyDictionary<string, long[]> Shapes { get; }

    public float[] Read(string name)
    {
        (IH5Dataset dataset, int[] order) = _tensors[name];
        try
        {
            return Permute(dataset.Read<float[]>(), [.. dataset.Space.Dimensions.Select(static d => (long)d)], order);
        }
        catch (Exception e) when (e is not InvalidDataException)
        {
            throw new InvalidDataException($"'{name}' cannot be read: {e.Message}", e);
        }
    }

    public void Dispose() => _file.Dispose();

    private static IReadOnlyList<IH5Dataset> Named(IH5Group root, Layer layer)
    {
        if (!root.LinkExists(layer.Name)) return [];
        IH5Group group = root.Group(layer.Name);
        return [.. group.Attribute("weight_names").Read<string[]>().Select(name => group.Dataset(name.TrimEnd('\0')))];
    }

    private static IReadOnlyList<IH5Dataset> Numbered(IH5Group layers, Layer layer, Dictionary<string, int> counters)
    {
        string type = layer switch
        {
            ConvLayer { IsDepthwise: true } => "depthwise_conv2d",
            ConvLayer => "conv2d",
            BatchNormLayer => "batch_normalization",
            _ => "dense",
        };
        counters.TryGetValue(type, out int count);
        counters[type] = count + 1;
        string counted = count == 0 ? type : string.Create(CultureInfo.InvariantCulture, $"{type}_{count}");
        string name = layers.LinkExists(layer.Name) ? layer.Name : counted;
        if (!layers.LinkExists($"{name}/vars")) return [];
        IH5Group vars = layers.Group($"{name}/vars");
        return [.. Enumerable.Range(0, vars.Children().Count()).Select(i => vars.Dataset(i.ToString(CultureInfo.InvariantCulture)))];
    }

    /// <summary>Which dimension of Keras each dimension of PyTorch is.</summary>
    private static int[] Order(Layer layer, int rank) => rank switch
    {
        4 => layer is ConvLayer { IsDepthwise: true } ? [2, 3, 0, 1] : [3, 2, 0, 1],
        2 => [1, 0],
        _ => [.. Enumerable.Range(0, rank)],
    };

    private static long[] Shape(IH5Dataset dataset, int[] order) => [.. order.Select(d => (long)dataset.Space.Dimensions[d])];

    private static float[] Permute(float[] values, long[] shape, int[] order)
    {
        if (order.Length < 2) return values;
        long[] strides = new long[shape.Length];
        strides[^1] = 1;
        for (int d = shape.Length - 2; d >= 0; d--) strides[d] = strides[d + 1] * shape[d + 1];
        return StridedView.ToRowMajor(values, [.. order.Select(d => shape[d])], [.. order.Select(d => strides[d])]);
    }
}
