using FineTune.Pipeline;
using FineTune.Training.Plugins;
using ModelSpec.Backbones;

namespace FineTune.Training.Assets;

/// <summary>The published files of the catalogue.</summary>
internal static class RemoteFiles
{
    /// <summary>A file that an importer downloads.</summary>
    public static RemoteFile Of(PublishedFile file) => new(file.Name, file.Url.OriginalString, file.Digest, file.RelativePath, file.Size);

    /// <summary>The file of a weight set.</summary>
    public static RemoteFile Of(WeightSet set) => new(set.File, set.Url, set.Digest, $"weights/{set.File}", set.Size, set.Member);

    /// <summary>Every file: datasets of the built-in importers, then the weight sets of the built-in backbones.</summary>
    public static IReadOnlyList<RemoteFile> All { get; } =
    [
        .. PartRegistry.BuiltIn.All<IDatasetImporter>().SelectMany(static importer => importer.Part.Downloads).Select(Of),
        .. BackboneCatalogue.BuiltIn.Names.SelectMany(static name => BackboneCatalogue.BuiltIn.Find(name)!.WeightSets).Select(Of),
    ];
}
