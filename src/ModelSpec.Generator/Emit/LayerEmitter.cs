using System.Globalization;
using ModelSpec.Networks;

namespace ModelSpec.Generator.Emit;

/// <summary>How one layer looks in C#: its member's type, the expression that makes it, and its step of a forward pass.</summary>
internal static class LayerEmitter
{
    /// <summary>The member's type, or null for a layer without a module.</summary>
    public static string? TypeOf(Layer layer) => layer switch
    {
        InputLayer => null,
        ConvLayer => "Conv2d",
        BatchNormLayer norm => norm.Output.IsSpatial ? "BatchNorm2d" : "BatchNorm1d",
        ActivationLayer { Activation: Activation.Relu6 } => "ReLU6",
        ActivationLayer { Activation: Activation.Relu } => "ReLU",
        ActivationLayer { Activation: Activation.Gelu } => "GELU",
        ActivationLayer => "Tanh",
        MaxPoolLayer => "MaxPool2d",
        ZeroPadLayer => "ZeroPad2d",
        GlobalPoolLayer => "GlobalPool2d",
        FlattenLayer => "Flatten",
        LinearLayer => "Linear",
        DropoutLayer => "Dropout",
        SoftmaxLayer => "Softmax",
        _ => throw new NotSupportedException(layer.Type),
    };

    /// <summary>The expression that makes the module.</summary>
    public static string Creation(Layer layer) => layer switch
    {
        ConvLayer conv => Convolution(conv),
        BatchNormLayer norm => $"nn.{TypeOf(norm)}({Number(norm.Output.Channels)}, eps: {Number(norm.Epsilon)}, momentum: {Number(norm.Momentum)}, device: device)",
        ActivationLayer { InHead: false } activation => $"nn.{TypeOf(activation)}(inplace: true)",
        ActivationLayer activation => $"nn.{TypeOf(activation)}()",
        MaxPoolLayer pool => $"nn.MaxPool2d({Number(pool.Kernel)}, stride: {Number(pool.Stride)})",
        ZeroPadLayer pad => $"nn.ZeroPad2d(({Number(pad.Padding.Left)}, {Number(pad.Padding.Right)}, {Number(pad.Padding.Top)}, {Number(pad.Padding.Bottom)}))",
        GlobalPoolLayer pool => $"new GlobalPool2d(average: {(pool.Average ? "true" : "false")})",
        FlattenLayer => "nn.Flatten()",
        LinearLayer linear => $"nn.Linear({Number(linear.Input.Channels)}, {Number(linear.Output.Channels)}, device: device)",
        DropoutLayer dropout => $"nn.Dropout({Number(dropout.Probability)})",
        SoftmaxLayer => "nn.Softmax(dim: 1)",
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

    private static string Convolution(ConvLayer conv)
    {
        List<string> arguments = [Number(conv.Input.Channels), Number(conv.Output.Channels), Number(conv.Kernel)];
        if (conv.Stride != 1) arguments.Add("stride: " + Number(conv.Stride));
        if (conv.OwnPadding != 0) arguments.Add("padding: " + Number(conv.OwnPadding));
        if (conv.Groups != 1) arguments.Add("groups: " + Number(conv.Groups));
        if (!conv.Bias) arguments.Add("bias: false");
        arguments.Add("device: device");
        return $"nn.Conv2d({string.Join(", ", arguments)})";
    }
}
