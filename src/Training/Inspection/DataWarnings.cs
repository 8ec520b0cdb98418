using FineTune.Pipeline;
using FineTune.Training.Data;
using FineTune.Training.Diagnostics;
using FineTune.Training.Locks;
using ModelSpec.Diagnostics;

namespace FineTune.Training.Inspection;

/// <summary>The warnings of a training about its images: those that need neither features nor more decoding.</summary>
/// <param name="spec">The spec.</param>
/// <param name="log">Receives the warnings.</param>
internal sealed class DataWarnings(SpecSource spec, IProgressLog log)
{
    private const int Shown = 3;

    /// <summary>
    /// Reports copies in two parts of the split and in two classes, by the digests of files and by the decoded pixels.
    /// </summary>
    /// <param name="split">The images.</param>
    /// <param name="decoded">The images, all decoded.</param>
    /// <param name="digests">Digests files.</param>
    /// <param name="cancellation">Cancels the search.</param>
    /// <exception cref="TrainingException">A file cannot be read.</exception>
    public void Report(DatasetSplit split, ImageSets decoded, FileDigests digests, CancellationToken cancellation)
    {
        var allowed = new AllowedImages(spec);
        allowed.ReportUnknown(split, log);
        (IReadOnlyList<LabeledImage> Images, DatasetPart Part, ImageSet Set)[] parts =
        [
            (split.Train, DatasetPart.Train, decoded.Train), (split.Validation, DatasetPart.Validation, decoded.Validation), (split.Test, DatasetPart.Test, decoded.Test),
        ];
        string[] contents = ImageDigests.Of(parts.SelectMany(static part => part.Images), split.Root, digests, spec, cancellation);
        List<InspectedImage> images = [];
        foreach ((IReadOnlyList<LabeledImage> listed, DatasetPart part, ImageSet set) in parts)
        {
            ImagePrint?[] prints = set.Prints(ImageSizes.Of(spec.Network), cancellation);
            for (int i = 0; i < listed.Count; i++)
            {
                images.Add(new InspectedImage(listed[i], part, contents[images.Count]) { Print = prints[i], Fault = prints[i] is null ? "It cannot be read." : null });
            }
        }
        Report(allowed.Duplicates(images, cancellation), images);
    }

    /// <summary>Reports groups of copies.</summary>
    private void Report(IReadOnlyList<DuplicateGroup> groups, List<InspectedImage> images)
    {
        Report(TrainingDiagnostics.LeakedCopies, [.. groups.Where(static group => group is { IsLeak: true, IsIdentical: true })]);
        Report(TrainingDiagnostics.CopiesOfTwoClasses, [.. groups.Where(static group => group is { HasTwoLabels: true, IsIdentical: true })]);
        Report(TrainingDiagnostics.LeakedNearCopies, [.. groups.Where(static group => group is { IsLeak: true, IsIdentical: false })]);
        Report(TrainingDiagnostics.NearCopiesOfTwoClasses, [.. groups.Where(static group => group is { HasTwoLabels: true, IsIdentical: false })]);

        void Report(DiagnosticDescriptor descriptor, DuplicateGroup[] found)
        {
            if (found.Length == 0) return;
            string more = found.Length > Shown ? FormattableString.Invariant($", and {found.Length - Shown} more") : "";
            log.Report(spec.DataSource.At(descriptor, found.Length, string.Join("; ", found.Take(Shown).Select(Name)) + more));
        }

        string Name(DuplicateGroup group) => string.Join(" = ", group.Images.Select(image =>
            $"'{images[image].Name}' ({images[image].PartName}{(group.HasTwoLabels ? $", {spec.Network.Classes[images[image].Image.Class].Text}" : "")})"));
    }
}
