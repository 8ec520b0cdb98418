using FineTune.Training.Data;
using FineTune.Training.Diagnostics;
using ModelSpec.Text;

namespace FineTune.Training.Inspection;

/// <summary>The images of <c>[data] allow</c>: what is found of them was looked at, and is not told again.</summary>
/// <param name="spec">The spec.</param>
internal sealed class AllowedImages(SpecSource spec)
{
    private readonly HashSet<string> _names = [.. spec.Spec.Data.Allow.Select(static name => name.Value)];

    /// <summary>Whether an image is one of them.</summary>
    public bool Contains(LabeledImage image) => _names.Contains(image.Name);

    /// <summary>The groups without the allowed images: what is left of them, if that is still two images or more.</summary>
    /// <param name="images">The images.</param>
    /// <param name="cancellation">Cancels the search.</param>
    public IReadOnlyList<DuplicateGroup> Duplicates(IReadOnlyList<InspectedImage> images, CancellationToken cancellation = default) =>
        DuplicateGroup.Find(images, image => !Contains(image.Image), cancellation);

    /// <summary>Reports the names that are not images of the dataset, at their places.</summary>
    public void ReportUnknown(DatasetSplit split, IProgressLog log)
    {
        if (_names.Count == 0) return;
        HashSet<string> images = [.. split.Train.Concat(split.Validation).Concat(split.Test).Select(static image => image.Name)];
        foreach (Located<string> name in spec.Spec.Data.Allow.Where(name => !images.Contains(name.Value)))
        {
            log.Report(new SpecLocation(spec.Spec.Path, name.Span).At(TrainingDiagnostics.NotAllowed, name.Value, NearestName.Find(name.Value, images) is { } nearest ? $" Did you mean '{nearest}'?" : ""));
        }
    }
}
