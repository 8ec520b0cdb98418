using ModelSpec.Layers;

namespace ModelSpec.Backbones;

/// <summary>A published file of pretrained weights and everything that belongs to it.</summary>
/// <param name="Name">The word of the language, for example <c>imagenet</c>.</param>
/// <param name="File">The file's name.</param>
/// <param name="Url">Where it is published.</param>
/// <param name="Digest">Its digest as <c>algorithm:hex</c> (<c>sha256</c> may be a prefix, as torchvision publishes it), or null if the publisher gives none.</param>
/// <param name="Width">The width multiplier that it was trained with, or null.</param>
/// <param name="Preprocessing">What it expects of pixels.</param>
/// <param name="Size">How large the file is, for people: <c>58.9 MB</c>; null if that is not known.</param>
/// <param name="Rename">How the file's names become those of the backbone: of each name, the first that fits.</param>
/// <param name="Resize">
/// How long the shorter side of an image is before its middle is cut out, for the backbone's usual input and at least its shorter side; null
/// where the whole shorter side is seen.
/// </param>
/// <param name="IsBicubic">Whether images are resized bicubically instead of bilinearly.</param>
/// <param name="Member">The file's path in the zip archive that is published at the address, a Python wheel for example; null if the address is the file's own.</param>
public sealed record WeightSet(
    string Name, string File, string Url, string? Digest, double? Width, Preprocessing Preprocessing, string? Size, EquatableArray<KeyRename> Rename,
    int? Resize = null, bool IsBicubic = false, string? Member = null)
{
    /// <summary>The licence that the publisher states, as an SPDX identifier where there is one; null if none is known.</summary>
    public string? Licence { get; init; }
}
