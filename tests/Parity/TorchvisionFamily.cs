using ModelSpec.Layers;

namespace FineTune.Parity;

/// <summary>The input of the formula of the reference numbers, in addition to the network: the torchvision family that it belongs to.</summary>
/// <param name="Name">How the names of its networks begin.</param>
internal sealed record TorchvisionFamily(string Name)
{
    private const string Features = "features";

    private static readonly TorchvisionFamily[] Known =
    [
        new("vgg"),
        new("resnet") { NormCenter = 0.6 },
        new("inception_v3") { InputSize = 299 },
        new("mobilenet_v2"),
        new("efficientnet_b"),
        new("densenet") { NormCenter = 0.6 },
        new("convnext_") { FanInFactor = 3 },
        new("vit_") { FanInFactor = 3, PutsOutVector = true, LastChildren = 2 },
    ];

    /// <summary>The rows and columns of the reference numbers' images: not always what the network's weights were trained with.</summary>
    public int InputSize { get; private init; } = 224;

    /// <summary>The mean of the weights of its batch and layer normalisations.</summary>
    public double NormCenter { get; private init; } = 1;

    /// <summary>The range of a weight is the root of this by the fan-in.</summary>
    public double FanInFactor { get; private init; } = 6;

    /// <summary>Whether the body puts out a vector, so that the head has nothing to pool.</summary>
    public bool PutsOutVector { get; private init; }

    /// <summary>How many of the children with weights count as the last one, which is trained together with the head.</summary>
    public int LastChildren { get; private init; } = 1;

    /// <summary>The family of a network, or null if torchvision does not have it.</summary>
    public static TorchvisionFamily? Of(string network) =>
        Known.FirstOrDefault(family => network.StartsWith(family.Name, StringComparison.Ordinal));

    /// <summary>
    /// The module of torchvision's network that a layer is part of and that has figures of its own: <c>layer1</c>, <c>features.3</c>,
    /// <c>encoder.layers.encoder_layer_0</c>.
    /// </summary>
    /// <returns>The module, or null for a layer between two of them.</returns>
    public string? Child(Layer layer)
    {
        string[] path = (layer.Key.Contains('.', StringComparison.Ordinal) ? layer.Key : Undotted(layer)).Split('.');
        return Name switch
        {
            "resnet" or "inception_v3" => layer.Index > 0 ? path[0] : null,
            "vit_" when path is ["conv_proj"] => path[0],
            "vit_" when path is ["encoder", "ln"] => "encoder.ln",
            "vit_" when path is ["encoder", "layers", _, ..] => string.Join('.', path.AsSpan(0, 3)!),
            "vit_" => null,
            _ => path is [Features, _, ..] ? string.Join('.', path.AsSpan(0, 2)!) : null,
        };
    }

    /// <summary>Layers without state may have no key of their own; their names have underscores instead of torchvision's dots.</summary>
    private static string Undotted(Layer layer) => layer.Name.StartsWith(Features + "_", StringComparison.Ordinal)
        ? string.Join('.', layer.Name.Split('_', 3).AsSpan(0, 2)!)
        : layer.Key;
}
