using ModelSpec.Layers;
using ModelSpec.Networks;

namespace ModelSpec.Locks;

/// <summary>The layers of a network as the facts of a lock and the metadata of weight files have them.</summary>
public static class LayerFacts
{
    /// <summary>The digest of every layer, as weight files and generated classes carry it: 64 hexadecimal digits.</summary>
    public static string DigestLayers(Network network) => Digest.Hex(Digest.Of(Describe(network.Layers)));

    /// <summary>The text that the fact <c>[backbone] layers</c> is the digest of: a line for each layer.</summary>
    internal static string Describe(IEnumerable<Layer> layers) => string.Join("\n", layers.Select(static layer => layer.Digest));
}
