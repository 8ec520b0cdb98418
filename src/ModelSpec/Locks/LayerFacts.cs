using ModelSpec.Layers;
using ModelSpec.Networks;
using ModelSpec.Text;

namespace ModelSpec.Locks;

/// <summary>The layers of a network as the facts of a lock and the metadata of weight files have them.</summary>
public static class LayerFacts
{
    /// <summary>The digest of every layer, as weight files and generated classes carry it: 64 hexadecimal digits.</summary>
    public static string DigestLayers(Network network) =>
        Digest.Hex(Digest.Of(string.Join("\n", [Describe(network.Body), .. network.Head.Select(Word)])));

    /// <summary>The text that the fact <c>[backbone] layers</c> is the digest of: a line for each layer.</summary>
    internal static string Describe(IEnumerable<Layer> body) => string.Join("\n", body.Select(Describe));

    /// <summary>
    /// The layer of a backbone in every respect that its weights and its output depend on. Every word is spelled out here, and not
    /// taken from display names or enum members: a change of the text makes all locks out of date.
    /// </summary>
    private static string Describe(Layer layer)
    {
        (string type, string own) = layer switch
        {
            InputLayer => ("Input", ""),
            ZeroPadLayer p => ("ZeroPadding2D", $" padding {Describe(p.Padding)}"),
            ConvLayer c => (c.IsDepthwise ? "DepthwiseConv2D" : "Conv2D", FormattableString.Invariant(
                $" kernel {c.Kernel} stride {c.Stride} padding {Describe(c.Padding)} groups {c.Groups} bias {Describe(c.Bias)} {Describe(c.Activation)}")),
            BatchNormLayer n => (
                "BatchNormalization", $" epsilon {RoundTripNumber.Format(n.Epsilon)} momentum {RoundTripNumber.Format(n.Momentum)}"),
            ActivationLayer { Activation: Activation.Relu } => ("ReLU", " Relu"),
            ActivationLayer { Activation: Activation.Relu6 } => ("ReLU", " Relu6"),
            MaxPoolLayer p => ("MaxPooling2D", FormattableString.Invariant($" kernel {p.Kernel} stride {p.Stride}")),
            _ => throw new NotSupportedException($"Backbone layer {layer.GetType().Name}"),
        };
        return FormattableString.Invariant(
            $"{layer.Index} {layer.Key} {type} {layer.Output.Channels} {layer.Output.Height} {layer.Output.Width}{own}");
    }

    private static string Describe(bool truth) => truth ? "True" : "False";

    /// <summary>The activation within a convolution.</summary>
    private static string Describe(Activation activation) => activation switch
    {
        Activation.None => "None",
        Activation.Relu => "Relu",
        Activation.Relu6 => "Relu6",
        _ => throw new NotSupportedException($"Activation {activation}"),
    };

    private static string Describe(Padding padding) =>
        FormattableString.Invariant($"{padding.Top} {padding.Bottom} {padding.Left} {padding.Right}");

    /// <summary>The word of the language for a layer of the head.</summary>
    internal static string Word(Layer layer) => layer switch
    {
        FlattenLayer => "flatten",
        GlobalPoolLayer pool => pool.Average ? "global_average_pool" : "global_max_pool",
        LinearLayer linear => FormattableString.Invariant($"linear({linear.Output.Channels})"),
        DropoutLayer dropout => $"dropout({TomlLiteral.Of(dropout.Probability)})",
        BatchNormLayer => "batch_norm",
        ActivationLayer { Activation: Activation.Relu } => "relu",
        ActivationLayer { Activation: Activation.Gelu } => "gelu",
        ActivationLayer { Activation: Activation.Tanh } => "tanh",
        SoftmaxLayer => "softmax",
        _ => throw new NotSupportedException($"Head layer {layer.GetType().Name}"),
    };
}
