using ModelSpec.Layers;
using ModelSpec.Networks;

namespace ModelSpec.Locks;

/// <summary>The layers of a network, as locks and the metadata of weight files record them.</summary>
public static class LayerFacts
{
    /// <summary>The digest of all layers, which weight files and generated classes contain: 64 hexadecimal digits.</summary>
    public static string DigestLayers(Network network) => Digest.Hex(Digest.Of(Describe(network.Layers)));

    /// <summary>The text whose digest is the fact <c>[backbone] layers</c>: one line per layer.</summary>
    internal static string Describe(IEnumerable<Layer> layers) => string.Join("\n", layers.Select(static layer => layer.Digest));
}
