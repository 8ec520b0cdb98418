using FineTune.Images;
using ModelSpec.Networks;

namespace FineTune.Training;

/// <summary>Converts the resizing of a network's images to the runtime's type.</summary>
internal static class ImageResizes
{
    public static ImageResize? Of(Network network) =>
        network.Preparation is { } preparation ? new ImageResize(preparation.ShorterSide, preparation.IsBicubic) : null;
}
