using PureHDF;

namespace FineTune.Training.WeightFormats.Keras;

/// <summary>The kinds of layers of Keras whose weights a backbone can have.</summary>
internal enum KerasLayerKind
{
    Conv2D,
    DepthwiseConv2D,
    BatchNormalization,
    Other,
}

/// <summary>A layer of a Keras file.</summary>
/// <param name="Name">Its name in Keras, for example <c>block1_conv1</c>.</param>
/// <param name="Path">Its name, preceded by the names of the models that it is nested in: <c>vgg16/block1_conv1</c>.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Variables">Its weights in Keras's order.</param>
internal sealed record KerasLayer(string Name, string Path, KerasLayerKind Kind, IReadOnlyList<KerasVariable> Variables);

/// <summary>A weight of a layer.</summary>
/// <param name="Name">Its name in Keras: <c>kernel</c>, <c>bias</c>, <c>gamma</c>, …; its index if the file has no name.</param>
/// <param name="Dataset">The dataset with its numbers.</param>
internal sealed record KerasVariable(string Name, IH5Dataset Dataset);
