using ModelSpec.Layers;

namespace ModelSpec.Backbones;

/// <summary>A published file of pretrained weights and everything that belongs to it.</summary>
/// <param name="Name">The word of the language, for example <c>imagenet</c>.</param>
/// <param name="File">The file's name.</param>
/// <param name="Url">Where it is published.</param>
/// <param name="Digest">Its digest as <c>algorithm:hex</c> (<c>sha256</c> may be a prefix, as torchvision publishes it), or null if the publisher gives none.</param>
/// <param name="Width">The width multiplier that it was trained with, or null.</param>
/// <param name="Preprocessing">How pixels are normalised.</param>
/// <param name="Size">How large the file is, for people: <c>58.9 MB</c>; null if that is not known.</param>
/// <param name="Rename">Maps the file's names to those of the backbone; for each name, the first match is used.</param>
/// <param name="Resize">
/// The shorter side of an image before it is cropped to the centre, for the backbone's usual input and at least as long as its shorter side; null
/// if the shorter side is not cropped.
/// </param>
/// <param name="IsBicubic">Whether images are resized bicubically instead of bilinearly.</param>
/// <param name="Member">The file's path in the zip archive at <paramref name="Url"/>, for example a Python wheel; null if <paramref name="Url"/> is the file itself.</param>
public sealed record WeightSet(
    string Name, string File, string Url, string? Digest, double? Width, Preprocessing Preprocessing, string? Size, EquatableArray<KeyRename> Rename,
    int? Resize = null, bool IsBicubic = false, string? Member = null)
{
    /// <summary>The licence that the publisher states, as an SPDX identifier where there is one; null if none is known.</summary>
    public string? Licence { get; init; }
}
