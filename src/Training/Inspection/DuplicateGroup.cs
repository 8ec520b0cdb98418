using FineTune.Pipeline;

namespace FineTune.Training.Inspection;

/// <summary>Images that are copies of one another.</summary>
/// <param name="Images">The numbers of the images, ascending; at least two.</param>
/// <param name="IsIdentical">Whether all files have the same bytes.</param>
/// <param name="IsLeak">Whether one is trained with and another one is in the validation or test part.</param>
/// <param name="HasTwoLabels">Whether they are in different classes.</param>
internal sealed record DuplicateGroup(IReadOnlyList<int> Images, bool IsIdentical, bool IsLeak, bool HasTwoLabels)
{
    /// <summary>Finds the copies among images: by their bytes, and by what they look like.</summary>
    /// <param name="images">The images.</param>
    /// <param name="isCompared">Which of the images are compared, if they can be read.</param>
    /// <param name="cancellation">Cancels the search.</param>
    /// <returns>The groups: leaks first, then those with two labels.</returns>
    public static IReadOnlyList<DuplicateGroup> Find(
        IReadOnlyList<InspectedImage> images, Predicate<InspectedImage> isCompared, CancellationToken cancellation = default)
    {
        bool[] compared = [.. images.Select(image => image.Fault is null && isCompared(image))];
        IEnumerable<(int, int)> identical = Enumerable.Range(0, images.Count).Where(i => compared[i]).GroupBy(i => images[i].Digest)
            .SelectMany(static group => group.Skip(1).Select(other => (group.First(), other)));
        IReadOnlyList<(int, int)> near = NearDuplicates.Find([.. images.Select((image, i) => compared[i] ? image.Print : null)], cancellation);
        return
        [
            .. ImageGroups.Of(images.Count, identical.Concat(near)).Select(group => Of(group, images))
                .OrderByDescending(static group => group.IsLeak).ThenByDescending(static group => group.HasTwoLabels).ThenBy(static group => group.Images[0]),
        ];
    }

    private static DuplicateGroup Of(IReadOnlyList<int> group, IReadOnlyList<InspectedImage> images) => new(
        group,
        group.All(image => images[image].Digest == images[group[0]].Digest),
        group.Any(image => images[image].Part == DatasetPart.Train) && group.Any(image => images[image].Part != DatasetPart.Train),
        group.Any(image => images[image].Image.Class != images[group[0]].Image.Class));
}
