using FineTune.Training.Data;
using FineTune.Training.Diagnostics;
using FineTune.Training.Locks;

namespace FineTune.Training.Inspection;

/// <summary>Digests the images of a spec's dataset.</summary>
internal static class ImageDigests
{
    /// <summary>The digests of images, in their order.</summary>
    /// <param name="images">The images.</param>
    /// <param name="root">The folder that contains them.</param>
    /// <param name="digests">Digests files.</param>
    /// <param name="spec">The spec.</param>
    /// <param name="cancellation">Cancels reading.</param>
    /// <exception cref="TrainingException">A file cannot be read.</exception>
    public static string[] Of(IEnumerable<LabeledImage> images, string root, FileDigests digests, SpecSource spec, CancellationToken cancellation)
    {
        try
        {
            return digests.Of([.. images.Select(static image => image.Path)], root, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw spec.DataSource.Error(e, TrainingDiagnostics.UnreadableFile, "dataset", e.Message.TrimEnd('.') + ".");
        }
    }
}
