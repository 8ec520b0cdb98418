using System.Runtime.CompilerServices;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune.Inference;

/// <summary>
/// The memory order that a convolution runs in. Two kinds are wrong in libtorch 2.10 if their input is channels-last, and right in
/// channels-first order. They run in that order on every processor: no result depends on whether a processor is known to be affected.
/// </summary>
/// <remarks>
/// <para>
/// Grouped convolutions with one input channel and several output channels per group: oneDNN's <c>jit:avx512_core</c> kernels compute wrong sums
/// on AMD processors of family 26, with kernels of 3 and 5 in float32 and bfloat16, and of 1 in bfloat16.
/// </para>
/// <para>
/// Convolutions of 1 × 1 with a stride and fewer input channels than a vector register has lanes (8 with AVX2, 16 with AVX-512): the gradient
/// of their weights is wrong, and oneDNN's <c>jit_1x1</c> kernels write past their workspace (oneDNN issue 6035).
/// </para>
/// </remarks>
internal static class ConvolutionOrder
{
    /// <summary>The lanes of the widest vector registers, in float32.</summary>
    private const int LargestVector = 16;

    /// <summary>The layers that a check has found to be wrong on this machine.</summary>
    private static readonly ConditionalWeakTable<Conv2d, object> Wrong = [];

    /// <summary>Whether a convolution has to run in channels-first order.</summary>
    public static bool NeedsChannelsFirst(Conv2d layer) =>
        HasOneInputPerGroup(layer) || ReadsFewChannelsInStrides(layer) || Wrong.TryGetValue(layer, out _);

    /// <summary>Lets a convolution that is wrong on this machine run in channels-first order from now on.</summary>
    public static void Avoid(Conv2d layer) => Wrong.AddOrUpdate(layer, layer);

    /// <summary>Runs a layer; a convolution that needs it gets its input in channels-first order.</summary>
    /// <param name="layer">Any layer.</param>
    /// <param name="input">Its input, in any order.</param>
    /// <returns>Its output; that of a convolution which ran channels-first is in channels-last order again.</returns>
    public static Tensor Call(nn.Module<Tensor, Tensor> layer, Tensor input) =>
        layer is Conv2d convolution && NeedsChannelsFirst(convolution) ? RunChannelsFirst(input, layer.call) : layer.call(input);

    /// <summary>Runs a convolution on its input in channels-first order.</summary>
    /// <param name="input"><c>[N, C, H, W]</c> in any order.</param>
    /// <param name="convolution">The convolution.</param>
    /// <returns>Its output in channels-last order, which the layers after it are fastest with.</returns>
    public static Tensor RunChannelsFirst(Tensor input, Func<Tensor, Tensor> convolution)
    {
        using DisposeScope scope = NewDisposeScope();
        (long channels, long height, long width) = (input.shape[1], input.shape[2], input.shape[3]);
        // Strides of dimensions of one element are written out too: libtorch reads the order from them.
        Tensor ordered = input.contiguous().as_strided(input.shape, [channels * height * width, height * width, width, 1]);
        return convolution(ordered).permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }

    private static bool HasOneInputPerGroup(Conv2d layer) =>
        layer.groups > 1 && layer.in_channels == layer.groups && layer.out_channels > layer.groups;

    private static bool ReadsFewChannelsInStrides(Conv2d layer) =>
        layer.kernel_size.All(static side => side == 1) && layer.stride!.Any(static step => step > 1) && layer.in_channels / layer.groups < LargestVector;
}
