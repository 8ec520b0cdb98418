using FineTune.Training.Assets;

namespace FineTune.Training.Data;

/// <summary>Finds the images of a dataset of the catalogue.</summary>
internal interface IDatasetImporter
{
    /// <summary>What specs call the dataset.</summary>
    string Name { get; }

    /// <summary>The dataset's folder where an asset folder has it, or null.</summary>
    string? Find(AssetFolders folders);

    /// <summary>Lists every image with its class, downloading the dataset where no folder has it.</summary>
    IReadOnlyList<LabeledImage> Import(SpecSource spec, AssetFolders folders, Downloader downloader, CancellationToken cancellation);
}
