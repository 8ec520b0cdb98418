using FineTune.Images;
using ModelSpec.Networks;

namespace FineTune.Training;

/// <summary>How a network's images are resized, as the runtime does it.</summary>
internal static class ImageResizes
{
    public static ImageResize? Of(Network network) =>
        network.Preparation is { } preparation ? new ImageResize(preparation.ShorterSide, preparation.IsBicubic) : null;
}
