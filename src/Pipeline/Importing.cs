namespace FineTune.Pipeline;

/// <summary>Finds the images of a dataset. A spec names it as <c>source = "NAME"</c> or <c>source = "NAME:ARGUMENT"</c>.</summary>
public interface IDatasetImporter : IPipelinePart
{
    /// <summary>Whether the dataset is on this machine, so that nothing needs to be downloaded to compare it with a lock.</summary>
    bool IsHere(ImportContext context);

    /// <summary>The files that it may download, which <c>finetune fetch</c> lists; empty if there are none.</summary>
    IReadOnlyList<PublishedFile> Downloads => [];

    /// <summary>
    /// How many splits the dataset's publisher offers, which specs select with <c>split = { official = 1 }</c>; 0 if there are none. If
    /// <see cref="ImportContext.OfficialSplit"/> is set, <see cref="Import"/> gives each image its part, and leaves out images of no part.
    /// </summary>
    int OfficialSplits => 0;

    /// <summary>Lists every image. Downloads the dataset if it is not on this machine.</summary>
    /// <exception cref="PipelineException">The dataset is missing or does not fit the spec.</exception>
    ImportedDataset Import(ImportContext context);
}

/// <summary>The input of an importer.</summary>
public sealed record ImportContext : PartContext
{
    /// <summary>The text after the colon; empty if there is none.</summary>
    public required string Argument { get; init; }

    /// <summary>The number of the publisher's split that the spec selects, from 1 to <see cref="IDatasetImporter.OfficialSplits"/>; null if the spec divides the images.</summary>
    public int? OfficialSplit { get; init; }

    /// <summary>The folders and the downloads of the build.</summary>
    public required IAssets Assets { get; init; }
}

/// <summary>The folders of <c>ModelSpecAssets</c>, and the cache of downloads.</summary>
public interface IAssets
{
    /// <summary>The folder of downloads, for files that an importer unpacks. It belongs to the user, and all builds share it.</summary>
    string Cache { get; }

    /// <summary>The file or folder at a relative path in the first folder that contains it; null if none does.</summary>
    string? Find(string relativePath);

    /// <summary>Returns a file of the folders, or downloads it into the cache and verifies its digest.</summary>
    /// <returns>The path of the file.</returns>
    string Download(PublishedFile file);
}

/// <summary>A file that a publisher offers.</summary>
/// <param name="Name">Its name in messages and in <c>finetune fetch</c>.</param>
/// <param name="Url">The address at which it is published.</param>
/// <param name="Digest">
/// <c>md5:</c>, <c>sha256:</c> or <c>sha512:</c> with hexadecimal digits; null if the publisher gives none.
/// </param>
/// <param name="RelativePath">Its path below the cache, with <c>/</c>.</param>
/// <param name="Size">Its size as text: <c>58.9 MB</c>; null if it is not known.</param>
public sealed record PublishedFile(string Name, Uri Url, string? Digest, string RelativePath, string? Size = null);

/// <summary>The part of a dataset that an image belongs to.</summary>
public enum DatasetPart
{
    /// <summary>Used for training.</summary>
    Train,

    /// <summary>Evaluated after each epoch.</summary>
    Validation,

    /// <summary>Used for the final evaluation.</summary>
    Test,
}

/// <summary>An image of a dataset.</summary>
/// <param name="Path">The file.</param>
/// <param name="Name">Its path relative to the dataset, with <c>/</c>: its name in every record, and in the lists of a spec's <c>split</c>.</param>
/// <param name="Class">The index of its class.</param>
/// <param name="Part">The part that it belongs to; null for all images of a dataset that the spec divides. Lists of a spec take precedence.</param>
public sealed record ImportedImage(string Path, string Name, int Class, DatasetPart? Part = null);

/// <summary>The images of a dataset, in an order that does not depend on the machine.</summary>
/// <param name="Root">The folder that names are relative to.</param>
/// <param name="Images">The images; either all of them have a part, or none has.</param>
public sealed record ImportedDataset(string Root, IReadOnlyList<ImportedImage> Images);
