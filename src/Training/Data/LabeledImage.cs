namespace FineTune.Training.Data;

/// <summary>An image file and the index of its class.</summary>
/// <param name="Path">The file.</param>
/// <param name="Name">Its path relative to the dataset, with <c>/</c>: its name in every record.</param>
/// <param name="Class">The index of its class.</param>
internal sealed record LabeledImage(string Path, string Name, int Class);

/// <summary>The images of each part, in a fixed order.</summary>
/// <param name="Root">The folder that names are relative to.</param>
/// <param name="Train">The images that are trained on.</param>
/// <param name="Validation">The images that are evaluated after each epoch.</param>
/// <param name="Test">The images of the final evaluation.</param>
/// <param name="IsGiven">Whether the importer, lists or groups of images divide them, so that the division does not follow from the spec alone.</param>
internal sealed record DatasetSplit(
    string Root, IReadOnlyList<LabeledImage> Train, IReadOnlyList<LabeledImage> Validation, IReadOnlyList<LabeledImage> Test,
    bool IsGiven = false)
{
    /// <summary>The lists that divide the images; empty if they are divided in another way.</summary>
    public IReadOnlyList<ImageList> Lists { get; init; } = [];

    /// <summary>How many images of the dataset are in no list.</summary>
    public int Unlisted { get; init; }

    public int Count => Train.Count + Validation.Count + Test.Count;
}
