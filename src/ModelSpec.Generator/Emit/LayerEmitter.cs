using System.Globalization;
using ModelSpec.Layers;
using ModelSpec.Text;

namespace ModelSpec.Generator.Emit;

/// <summary>How one layer looks in C#: its member's type, the expression that makes it, and its step of a forward pass.</summary>
internal static class LayerEmitter
{
    /// <summary>Where the functions are that make TorchSharp's modules.</summary>
    private const string Factory = "TorchSharp::torch.nn.";

    /// <summary>The member's type, or null for a layer without a module.</summary>
    public static string? TypeOf(Layer layer) => layer switch
    {
        GlobalPoolLayer => "FineTune::GlobalPool2d",
        _ => Name(layer) is { } name ? "Layers::" + name : null,
    };

    /// <summary>The expression that makes the module.</summary>
    public static string Creation(Layer layer) => layer switch
    {
        ConvLayer conv => Convolution(conv),
        BatchNormLayer norm => $"{Factory}{Name(norm)}({Number(norm.Output.Channels)}, eps: {Number(norm.Epsilon)}, momentum: {Number(norm.Momentum)}, device: device)",
        ActivationLayer { InPlace: true } activation => $"{Factory}{Name(activation)}(inplace: true)",
        ActivationLayer activation => $"{Factory}{Name(activation)}()",
        MaxPoolLayer pool => $"{Factory}MaxPool2d({Number(pool.Kernel)}, stride: {Number(pool.Stride)})",
        ZeroPadLayer pad => $"{Factory}ZeroPad2d(({Number(pad.Padding.Left)}, {Number(pad.Padding.Right)}, {Number(pad.Padding.Top)}, {Number(pad.Padding.Bottom)}))",
        GlobalPoolLayer pool => $"new FineTune::GlobalPool2d(average: {(pool.Average ? "true" : "false")})",
        FlattenLayer => Factory + "Flatten()",
        LinearLayer linear => $"{Factory}Linear({Number(linear.Input.Channels)}, {Number(linear.Output.Channels)}, device: device)",
        DropoutLayer dropout => $"{Factory}Dropout({Number(dropout.Probability)})",
        SoftmaxLayer => Factory + "Softmax(dim: 1)",
        _ => throw new NotSupportedException(layer.Type),
    };

    /// <summary>The statements that run the layer in a forward pass called <c>pass</c>.</summary>
    public static IEnumerable<string> Steps(Layer layer)
    {
        switch (layer)
        {
            case InputLayer or SoftmaxLayer:
                yield break;
            case ConvLayer { PaddingBefore: { } p }:
                yield return $"pass.Pad({Number(p.Top)}, {Number(p.Bottom)}, {Number(p.Left)}, {Number(p.Right)});";
                break;
        }
        yield return $"pass.Run({layer.Member});";
        if (layer is ConvLayer { Activation: Activation.Relu }) yield return "pass.Relu();";
        if (layer is ConvLayer { Activation: Activation.Relu6 }) yield return "pass.Relu6();";
    }

    /// <summary>What the documentation says of a layer.</summary>
    public static string Describe(Layer layer)
    {
        string parameters = layer.Parameters == 0 ? "" : string.Format(CultureInfo.InvariantCulture, ", {0:N0} parameters", layer.Parameters);
        return string.Format(CultureInfo.InvariantCulture, "Layer {0}, {1}: {2} to {3}{4}.", layer.Index, layer.Type, layer.Input, layer.Output, parameters);
    }

    /// <summary>A number as C# reads it everywhere.</summary>
    public static string Number(double value) => RoundTripNumber.Format(value);

    /// <summary>What TorchSharp calls the module, or null for a layer without one of TorchSharp's.</summary>
    private static string? Name(Layer layer) => layer switch
    {
        InputLayer or GlobalPoolLayer => null,
        ConvLayer => "Conv2d",
        BatchNormLayer norm => norm.Output.IsSpatial ? "BatchNorm2d" : "BatchNorm1d",
        ActivationLayer { Activation: Activation.Relu6 } => "ReLU6",
        ActivationLayer { Activation: Activation.Relu } => "ReLU",
        ActivationLayer { Activation: Activation.Gelu } => "GELU",
        ActivationLayer => "Tanh",
        MaxPoolLayer => "MaxPool2d",
        ZeroPadLayer => "ZeroPad2d",
        FlattenLayer => "Flatten",
        LinearLayer => "Linear",
        DropoutLayer => "Dropout",
        SoftmaxLayer => "Softmax",
        _ => throw new NotSupportedException(layer.Type),
    };

    private static string Convolution(ConvLayer conv)
    {
        List<string> arguments = [Number(conv.Input.Channels), Number(conv.Output.Channels), Number(conv.Kernel)];
        if (conv.Stride != 1) arguments.Add("stride: " + Number(conv.Stride));
        if (conv.OwnPadding != 0) arguments.Add("padding: " + Number(conv.OwnPadding));
        if (conv.Groups != 1) arguments.Add("groups: " + Number(conv.Groups));
        if (!conv.Bias) arguments.Add("bias: false");
        arguments.Add("device: device");
        return $"{Factory}Conv2d({string.Join(", ", arguments)})";
    }
}
