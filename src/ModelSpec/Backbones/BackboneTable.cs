using ModelSpec.Layers;
using ModelSpec.Text;

namespace ModelSpec.Backbones;

/// <summary>A backbone as its <c>.backbone</c> file describes it: data that every consumer reads.</summary>
/// <param name="Name">What specs call it.</param>
/// <param name="Title">What people call it.</param>
/// <param name="Height">The usual input height.</param>
/// <param name="Width">The usual input width.</param>
/// <param name="Multipliers">The allowed width multipliers; empty where channels are fixed.</param>
/// <param name="Preprocessing">What happens to pixels where no weight set says otherwise.</param>
/// <param name="Layers">The layers in order.</param>
/// <param name="TopKeys">How the names of the tensors of its own top begin, which a head replaces.</param>
/// <param name="WeightSets">The published weights.</param>
/// <param name="Path">The file, as diagnostics name it.</param>
/// <param name="NameSpan">The place of its name in the file.</param>
public sealed record BackboneTable(
    string Name, string Title, int Height, int Width, EquatableArray<double> Multipliers, Preprocessing Preprocessing,
    EquatableArray<BackboneLayer> Layers, EquatableArray<string> TopKeys, EquatableArray<WeightSet> WeightSets,
    string Path, SourceSpan NameSpan);

/// <summary>The kinds of layers of a backbone table.</summary>
public enum BackboneLayerKind
{
    /// <summary>The input; first and once.</summary>
    Input,

    /// <summary>A convolution.</summary>
    Conv2d,

    /// <summary>A convolution of each channel by itself.</summary>
    DepthwiseConv2d,

    /// <summary>Batch normalisation.</summary>
    BatchNorm,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>min(max(x, 0), 6).</summary>
    Relu6,

    /// <summary>Maximum pooling.</summary>
    MaxPool,

    /// <summary>Rows and columns of zeros.</summary>
    ZeroPad,
}

/// <summary>One row of a backbone table.</summary>
/// <param name="Name">The layer's name.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Key">What its tensors' names begin with; its name by default.</param>
/// <param name="Filters">Output channels of a convolution, before the width multiplier.</param>
/// <param name="Kernel">Window size of a convolution or pool.</param>
/// <param name="Stride">Step of a convolution or pool.</param>
/// <param name="Same">Whether a convolution pads as TensorFlow's "same" does; otherwise it does not pad.</param>
/// <param name="Bias">Whether a convolution has a bias.</param>
/// <param name="Activation">What follows a convolution within the layer.</param>
/// <param name="Epsilon">Batch normalisation's epsilon.</param>
/// <param name="Momentum">Batch normalisation's momentum in PyTorch's sense.</param>
/// <param name="Padding">What a zero padding adds.</param>
/// <param name="Span">Its place in the file.</param>
/// <param name="KeySpan">The place of its key; of its name where the key is not written.</param>
public sealed record BackboneLayer(
    string Name, BackboneLayerKind Kind, string Key, int Filters, int Kernel, int Stride, bool Same, bool Bias, Activation Activation,
    double Epsilon, double Momentum, Padding Padding, SourceSpan Span, SourceSpan KeySpan);
