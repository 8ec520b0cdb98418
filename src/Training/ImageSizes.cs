using FineTune.Images;
using ModelSpec.Networks;

namespace FineTune.Training;

/// <summary>Converts the size of a network's images to the runtime's type.</summary>
internal static class ImageSizes
{
    public static ImageSize Of(Network network) => new(network.InputHeight, network.InputWidth);
}
