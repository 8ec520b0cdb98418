using FineTune;
using FineTune.Images;
using FineTune.Native;
using static TorchSharp.torch;

namespace Runtime.Tests;

public class PixelTransformTests
{
    public static TheoryData<bool, double, double[], double[]> Transforms => new()
    {
        { false, 1 / 255.0, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225] },
        { true, 1, [103.939, 116.779, 123.68], [1, 1, 1] },
        { false, 1 / 127.5, [1, 1, 1], [1, 1, 1] },
        { false, 1 / 255.0, [0, 0, 0], [1, 1, 1] },
    };

    [Theory]
    [MemberData(nameof(Transforms))]
    public void Pixels_become_what_a_computation_in_double_precision_gives(bool bgr, double scale, double[] mean, double[] std)
    {
        NativeLibraries.Load();
        byte[] bytes = [.. Enumerable.Range(0, 2 * 4 * 5 * 3).Select(static i => (byte)(i * 37))];
        using Tensor pixels = tensor(bytes, [2, 4, 5, 3]);

        using Tensor input = new PixelTransform(bgr, scale, mean, std).Apply(pixels);

        Assert.Equal([2, 3, 4, 5], input.shape);
        for (int n = 0; n < 2; n++)
        {
            for (int c = 0; c < 3; c++)
            {
                for (int y = 0; y < 4; y++)
                {
                    for (int x = 0; x < 5; x++)
                    {
                        byte pixel = bytes[((n * 4 + y) * 5 + x) * 3 + (bgr ? 2 - c : c)];
                        Assert.Equal((pixel * scale - mean[c]) / std[c], input[n, c, y, x].item<float>(), 255 * scale / std[c] * 1e-6);
                    }
                }
            }
        }
    }

    [Fact]
    public void The_input_is_in_channels_last_order()
    {
        NativeLibraries.Load();
        using Tensor pixels = zeros([2, 4, 5, 3], dtype: ScalarType.Byte);

        using Tensor input = new PixelTransform(false, 1, [0, 0, 0], [1, 1, 1]).Apply(pixels);

        Assert.Equal([60, 1, 15, 3], input.stride());
    }
}
