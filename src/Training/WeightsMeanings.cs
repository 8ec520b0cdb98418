using FineTune.Images;
using FineTune.Weights;
using ModelSpec.Locks;
using ModelSpec.Networks;

namespace FineTune.Training;

/// <summary>The meaning of a network's weights, as weight files record it and generated classes expect it.</summary>
internal static class WeightsMeanings
{
    public static WeightsMeaning Of(Network network) => new(
        [.. network.Classes.Select(static c => c.Text)], ImageSizes.Of(network), PixelTransforms.Of(network),
        LayerFacts.DigestLayers(network), ImageResizes.Of(network));
}
