using FineTune.Pipeline;

namespace FineTune.Training.Inspection;

/// <summary>The number of images of a class in each part.</summary>
/// <param name="Class">The index of the class.</param>
/// <param name="Train">Those that are trained with.</param>
/// <param name="Validation">Those of the validation part.</param>
/// <param name="Test">Those of the test part.</param>
internal sealed record ClassImages(int Class, int Train, int Validation, int Test)
{
    /// <summary>The training images below which a class has few.</summary>
    public const int Few = 20;

    /// <summary>How many times as many training images the largest class may have.</summary>
    public const int LargestRatio = 10;

    /// <summary>Counts the images of each class.</summary>
    public static IReadOnlyList<ClassImages> Of(IReadOnlyList<InspectedImage> images, int classes)
    {
        int[,] counts = new int[classes, 3];
        foreach (InspectedImage image in images) counts[image.Image.Class, image.Part == DatasetPart.Train ? 0 : image.Part == DatasetPart.Validation ? 1 : 2]++;
        return [.. Enumerable.Range(0, classes).Select(c => new ClassImages(c, counts[c, 0], counts[c, 1], counts[c, 2]))];
    }

    /// <summary>Whether the class has few training images, by itself or next to the largest class.</summary>
    public bool IsSmall(IReadOnlyList<ClassImages> all) => Train < Few || Train * LargestRatio < all.Max(static other => other.Train);
}
