using ModelSpec.Backbones;

namespace FineTune.Training.Assets;

/// <summary>The published files of the catalogue.</summary>
internal static class RemoteFiles
{
    /// <summary>The archive of Oxford Flowers-17.</summary>
    public static RemoteFile Flowers17 { get; } = new(
        "flowers17", "https://www.robots.ox.ac.uk/~vgg/data/flowers/17/17flowers.tgz", "md5:b59a65d8d1a99cd66944d474e1289eab",
        "flowers17/17flowers.tgz", "60.3 MB");

    /// <summary>The file of a weight set.</summary>
    public static RemoteFile Of(WeightSet set) => new(set.File, set.Url, set.Digest, $"weights/{set.File}", set.Size, set.Member);

    /// <summary>Every file: datasets, then the weight sets of the built-in backbones.</summary>
    public static IReadOnlyList<RemoteFile> All { get; } =
        [Flowers17, .. BackboneCatalogue.BuiltIn.Names.SelectMany(static name => BackboneCatalogue.BuiltIn.Find(name)!.WeightSets).Select(Of)];
}
