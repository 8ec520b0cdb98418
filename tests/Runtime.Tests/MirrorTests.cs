using FineTune;
using FineTune.Images;
using FineTune.Native;
using SkiaSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Runtime.Tests;

public class MirrorTests
{
    [Fact]
    public void A_second_look_at_the_mirrored_image_gives_the_mean_of_both_probabilities()
    {
        using var once = new LeftPixelClassifier(mirror: false);
        using var twice = new LeftPixelClassifier(mirror: true);
        using var bitmap = new SKBitmap(8, 8);
        bitmap.Erase(SKColors.Red);
        using (var canvas = new SKCanvas(bitmap)) canvas.DrawRect(4, 0, 4, 8, new SKPaint { Color = SKColors.Blue });
        using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);

        Prediction<TinyLabel> left = once.Predict(png.ToArray()), both = twice.Predict(png.ToArray());

        // The logits of the left column: (1, 0, 0), mirrored (0, 0, 1).
        double first = Math.E / (Math.E + 2), other = 1 / (Math.E + 2);
        Assert.Equal(first, left.Confidence, 1e-6);
        Assert.Equal((first + other) / 2, both.Ranking.Single(static s => s.Label == TinyLabel.Red).Score, 1e-6);
        Assert.Equal((first + other) / 2, both.Ranking.Single(static s => s.Label == TinyLabel.Blue).Score, 1e-6);
        Assert.Equal(other, both.Ranking.Single(static s => s.Label == TinyLabel.Green).Score, 1e-6);
    }

    /// <summary>Its logits are the channels of the leftmost column.</summary>
    private sealed class LeftPixelClassifier : ImageClassifier<TinyLabel>
    {
        public LeftPixelClassifier(bool mirror)
            : base("Left", new ImageSize(8, 8), new PixelTransform(false, 1 / 255.0, [0, 0, 0], [1, 1, 1]), mirror: mirror)
        {
            NativeLibraries.Load();
            Conv = Register("conv", nn.Conv2d(3, 3, (8, 8), bias: false));
            Pool = Register("pool", new GlobalPool2d(average: true));
            using IDisposable noGradient = no_grad();
            Conv.weight.zero_();
            for (int channel = 0; channel < 3; channel++) Conv.weight[channel, channel, 0, 0] = tensor(1f);
            eval();
        }

        public Conv2d Conv { get; }

        public GlobalPool2d Pool { get; }

        protected override void Describe(ref ForwardPass pass)
        {
            pass.Run(Conv);
            pass.Run(Pool);
        }
    }
}
