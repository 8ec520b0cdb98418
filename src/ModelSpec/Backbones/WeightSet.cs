using ModelSpec.Networks;

namespace ModelSpec.Backbones;

/// <summary>A published file of pretrained weights and everything that belongs to it.</summary>
/// <param name="Name">The word of the language, for example <c>imagenet</c>.</param>
/// <param name="File">The file's name.</param>
/// <param name="Url">Where it is published.</param>
/// <param name="Digest">Its digest as <c>algorithm:hex</c> (<c>sha256</c> may be a prefix, as torchvision publishes it), or null where the publisher gives none.</param>
/// <param name="Width">The width multiplier that it was trained with, or null.</param>
/// <param name="Preprocessing">What it expects of pixels.</param>
/// <param name="Layout">How the file names and orders its tensors.</param>
public sealed record WeightSet(
    string Name, string File, string Url, string? Digest, double? Width, Preprocessing Preprocessing, WeightLayout Layout);

/// <summary>How a weight file names and orders tensors.</summary>
public enum WeightLayout
{
    /// <summary>By state-dict key, in PyTorch's order.</summary>
    StateDict,

    /// <summary>By Keras layer name, with kernels in height, width, input, output order.</summary>
    Keras,
}
