using ModelSpec.Backbones;
using ModelSpec.Layers;

namespace ModelSpec.Networks;

/// <summary>Gives every layer of a backbone its shape.</summary>
internal static class BodyBuilder
{
    /// <summary>Builds the layers for an input of the given size.</summary>
    /// <param name="table">The backbone.</param>
    /// <param name="height">The input's height.</param>
    /// <param name="width">The input's width.</param>
    /// <param name="multiplier">The width multiplier of the channels.</param>
    /// <param name="className">The generated class, which no member can be called like.</param>
    /// <param name="tooSmall">The first layer that the input is too small for, with the shape that it would get, or null.</param>
    public static List<Layer> Build(BackboneTable table, int height, int width, double multiplier, string className, out Layer? tooSmall)
    {
        List<Layer> layers = [];
        var members = new MemberNames(className);
        var shape = new Shape(3, height, width);
        tooSmall = null;
        foreach (BackboneLayer row in table.Layers)
        {
            Layer layer = Build(row, members.Add(row.Name), layers.Count, shape, multiplier);
            layers.Add(layer);
            shape = layer.Output;
            if (shape.Height > 0 && shape.Width > 0) continue;
            tooSmall = layer;
            break;
        }
        return layers;
    }

    /// <summary>The smallest square input that every layer has at least one pixel of.</summary>
    public static int SmallestInput(BackboneTable table)
    {
        int size = 1;
        while (true)
        {
            Build(table, size, size, 1, "", out Layer? tooSmall);
            if (tooSmall is null) return size;
            size++;
        }
    }

    private static Layer Build(BackboneLayer row, string member, int index, Shape shape, double multiplier)
    {
        switch (row.Kind)
        {
            case BackboneLayerKind.Input:
                return new InputLayer(index, row.Name, member, row.Key, false, shape, shape);
            case BackboneLayerKind.Conv2d:
            case BackboneLayerKind.DepthwiseConv2d:
                bool depthwise = row.Kind == BackboneLayerKind.DepthwiseConv2d;
                Padding same = row.Same ? Padding.Same(shape.Height, shape.Width, row.Kernel, row.Stride) : Padding.None;
                int channels = depthwise ? shape.Channels : Math.Max(1, (int)(row.Filters * multiplier));
                Shape convolved = Window(shape, channels, row.Kernel, row.Stride, same);
                return new ConvLayer(index, row.Name, member, row.Key, false, shape, convolved,
                    row.Kernel, row.Stride, same, depthwise ? shape.Channels : 1, row.Bias, row.Activation);
            case BackboneLayerKind.BatchNorm:
                return new BatchNormLayer(index, row.Name, member, row.Key, false, shape, shape, row.Epsilon, row.Momentum);
            case BackboneLayerKind.Relu:
                return new ActivationLayer(index, row.Name, member, row.Key, false, shape, shape, Activation.Relu);
            case BackboneLayerKind.Relu6:
                return new ActivationLayer(index, row.Name, member, row.Key, false, shape, shape, Activation.Relu6);
            case BackboneLayerKind.MaxPool:
                Shape pooled = Window(shape, shape.Channels, row.Kernel, row.Stride, Padding.None);
                return new MaxPoolLayer(index, row.Name, member, row.Key, false, shape, pooled, row.Kernel, row.Stride);
            case BackboneLayerKind.ZeroPad:
                Padding padding = row.Padding;
                var padded = new Shape(shape.Channels, shape.Height + padding.Top + padding.Bottom, shape.Width + padding.Left + padding.Right);
                return new ZeroPadLayer(index, row.Name, member, row.Key, false, shape, padded, padding);
            default:
                throw new NotSupportedException($"Layer kind {row.Kind}");
        }
    }

    private static Shape Window(Shape shape, int channels, int kernel, int stride, Padding padding)
    {
        int height = shape.Height + padding.Top + padding.Bottom - kernel;
        int width = shape.Width + padding.Left + padding.Right - kernel;
        return new Shape(channels, height < 0 ? 0 : height / stride + 1, width < 0 ? 0 : width / stride + 1);
    }
}
