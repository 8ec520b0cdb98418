using FineTune.Images;
using FineTune.Pipeline;
using FineTune.Training.Data;

namespace FineTune.Training.Inspection;

/// <summary>What was seen of an image.</summary>
/// <param name="Image">The image.</param>
/// <param name="Part">The part of the split that it is in.</param>
/// <param name="Digest">The digest of its file.</param>
internal sealed record InspectedImage(LabeledImage Image, DatasetPart Part, string Digest)
{
    /// <summary>Why the image cannot be read; null if it can.</summary>
    public string? Fault { get; init; }

    /// <summary>Its size as it is stored; null if the image cannot be read.</summary>
    public ImageSize? Size { get; init; }

    /// <summary>EXIF's orientation, from 1 (upright) to 8.</summary>
    public int Orientation { get; init; } = 1;

    /// <summary>What it looks like; null if it cannot be read.</summary>
    public ImagePrint? Print { get; init; }

    /// <summary>How much there is to see in it; null if it cannot be read.</summary>
    public ImageSharpness? Sharpness { get; init; }

    /// <summary>Its features by the pretrained backbone; null if they were not computed.</summary>
    public float[]? Features { get; init; }

    /// <summary>The name of the image.</summary>
    public string Name => Image.Name;

    /// <summary>The name of its part: <c>train</c>, <c>validation</c> or <c>test</c>.</summary>
    public string PartName => Part switch
    {
        DatasetPart.Train => "train",
        DatasetPart.Validation => "validation",
        _ => "test",
    };
}
