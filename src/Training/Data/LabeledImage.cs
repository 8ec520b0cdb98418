namespace FineTune.Training.Data;

/// <summary>An image file and the index of its class.</summary>
/// <param name="Path">The file.</param>
/// <param name="Name">Its path relative to the dataset, with <c>/</c>: what it is called in every record.</param>
/// <param name="Class">The index of its class.</param>
internal sealed record LabeledImage(string Path, string Name, int Class);

/// <summary>The images of each part, in a fixed order.</summary>
internal sealed record DatasetSplit(IReadOnlyList<LabeledImage> Train, IReadOnlyList<LabeledImage> Validation, IReadOnlyList<LabeledImage> Test);
