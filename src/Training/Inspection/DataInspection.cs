namespace FineTune.Training.Inspection;

/// <summary>What was found in a dataset. Images are named by their numbers.</summary>
/// <param name="Name">The classifier.</param>
/// <param name="Classes">The labels of the classes.</param>
/// <param name="Images">The images: those of the training part first, then those of validation, then those of the test.</param>
/// <param name="Counts">The number of images of each class.</param>
/// <param name="Duplicates">The copies.</param>
/// <param name="LookAlikes">Images that look alike to the backbone and are not copies; the most alike first.</param>
/// <param name="Suspects">Labels that are probably wrong, the most probably wrong one first; null if they were not looked for.</param>
/// <param name="NotSearched">Why labels and features were not looked at; null if they were.</param>
/// <param name="Remarks">What is remarkable about single images.</param>
/// <param name="Accuracy">The test accuracy with and without copies; null if there are none in the test part, or no weights that fit.</param>
/// <param name="Allowed">The number of images that the spec allows; nothing is told of them.</param>
internal sealed record DataInspection(
    string Name, IReadOnlyList<string> Classes, IReadOnlyList<InspectedImage> Images, IReadOnlyList<ClassImages> Counts,
    IReadOnlyList<DuplicateGroup> Duplicates, IReadOnlyList<FeatureNeighbours> LookAlikes, IReadOnlyList<SuspectLabel>? Suspects, string? NotSearched,
    IReadOnlyList<ImageRemark> Remarks, LeakedAccuracy? Accuracy, int Allowed)
{
    /// <summary>The classes with few training images.</summary>
    public IEnumerable<ClassImages> SmallClasses => Counts.Where(count => count.IsSmall(Counts));

    /// <summary>The number of images of a part of the split.</summary>
    public int CountOf(string part) => Images.Count(image => image.PartName == part);

    /// <summary>The label of an image.</summary>
    public string LabelOf(int image) => Classes[Images[image].Image.Class];
}
