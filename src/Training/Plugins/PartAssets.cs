using FineTune.Pipeline;
using FineTune.Training.Assets;
using FineTune.Training.Diagnostics;

namespace FineTune.Training.Plugins;

/// <summary>The folders and downloads of a build, for importers.</summary>
/// <param name="folders">The folders.</param>
/// <param name="downloader">Downloads files.</param>
/// <param name="location">The position that an error of a download is reported at.</param>
/// <param name="cancellation">Cancels a download.</param>
internal sealed class PartAssets(AssetFolders folders, Downloader downloader, SpecLocation location, CancellationToken cancellation) : IAssets
{
    /// <inheritdoc />
    public string Cache => folders.Cache;

    /// <inheritdoc />
    public string? Find(string relativePath) => folders.Find(relativePath);

    /// <inheritdoc />
    public string Download(PublishedFile file) =>
        folders.Find(file.RelativePath) ?? downloader.Download(RemoteFiles.Of(file), location, cancellation);
}
