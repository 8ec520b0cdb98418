using FineTune.Images;
using ModelSpec.Layers;
using ModelSpec.Networks;

namespace FineTune.Training;

/// <summary>Converts a network's preprocessing to the runtime's type.</summary>
internal static class PixelTransforms
{
    public static PixelTransform Of(Network network)
    {
        Preprocessing p = network.Preprocessing;
        return new PixelTransform(p.Bgr, p.Scale, [.. p.Mean], [.. p.Std]);
    }
}
