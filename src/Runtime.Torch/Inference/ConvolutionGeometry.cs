using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune.Inference;

/// <summary>How the window of a convolution moves over rows and columns.</summary>
/// <param name="Stride">Steps down and across.</param>
/// <param name="Padding">Zeros above and below, and at the left and the right.</param>
/// <param name="Dilation">Distances between neighbouring weights.</param>
/// <param name="Groups">The groups of channels.</param>
internal readonly record struct ConvolutionGeometry((long Down, long Across) Stride, (long Rows, long Columns) Padding, (long Down, long Across) Dilation, long Groups)
{
    /// <summary>The geometry of a layer, or null if it has more than is described here: other numbers than zeros around, or a transposed convolution.</summary>
    public static ConvolutionGeometry? Of(Conv2d layer) =>
        layer is { transposed: false, padding_mode: PaddingModes.Zeros, stride: [var down, var across], padding: [var rows, var columns], dilation: [var below, var beside] }
            ? new ConvolutionGeometry((down, across), (rows, columns), (below, beside), layer.groups)
            : null;

    /// <summary>Convolves with libtorch's own operation.</summary>
    public Tensor Convolve(Tensor input, Tensor weight, Tensor bias) => nn.functional.conv2d(
        input, weight, bias, [Stride.Down, Stride.Across], [Padding.Rows, Padding.Columns], [Dilation.Down, Dilation.Across], Groups);

    /// <summary>The shape of the result.</summary>
    /// <param name="input">The input's shape <c>[N, I, H, W]</c>.</param>
    /// <param name="weight">The weights' shape <c>[O, I / groups, H, W]</c>.</param>
    public long[] OutputShape(long[] input, long[] weight) =>
    [
        input[0],
        weight[0],
        (input[2] + 2 * Padding.Rows - Dilation.Down * (weight[2] - 1) - 1) / Stride.Down + 1,
        (input[3] + 2 * Padding.Columns - Dilation.Across * (weight[3] - 1) - 1) / Stride.Across + 1,
    ];
}
