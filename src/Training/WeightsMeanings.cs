using FineTune.Images;
using FineTune.Weights;
using ModelSpec.Locks;
using ModelSpec.Networks;

namespace FineTune.Training;

/// <summary>What the weights of a network mean, as a weight file says it and the generated class expects it.</summary>
internal static class WeightsMeanings
{
    public static WeightsMeaning Of(Network network) => new(
        [.. network.Classes.Select(static c => c.Text)], ImageSizes.Of(network), PixelTransforms.Of(network),
        LayerFacts.DigestLayers(network), ImageResizes.Of(network));
}
