using FineTune;
using FineTune.Images;
using FineTune.Inference;
using FineTune.Native;
using SkiaSharp;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Runtime.Tests;

public class ExplanationTests
{
    [Fact]
    public void The_heat_is_where_the_object_is_in_the_original_photo()
    {
        // The centre of a wide photo: the network sees columns 20 to 60 of 80 only.
        using var classifier = new TinyClassifier();
        byte[] left = Spot(80, 40, 25, 5), right = Spot(80, 40, 45, 25);

        Explanation<TinyLabel> one = classifier.Explain(left), other = classifier.Explain(right);

        Assert.Equal(TinyLabel.Red, one.Label);
        Assert.Equal(ExplanationMethod.GradCam, one.Method);
        Assert.Equal((8, 8), (one.Heat.Width, one.Heat.Height));
        Assert.Equal(new PhotoRegion(0.25, 0, 0.5, 1), one.Heat.Region);
        Assert.Equal(1f, one.Heat.Values.ToArray().Max());
        // The spots are 10 × 10 pixels, two cells each.
        Assert.Equal(1f, one.Heat.Sample(30 / 80.0, 10 / 40.0));
        Assert.Equal(0f, one.Heat.Sample(50 / 80.0, 30 / 40.0));
        Assert.Equal(1f, other.Heat.Sample(50 / 80.0, 30 / 40.0));
        Assert.Equal(0f, other.Heat.Sample(30 / 80.0, 10 / 40.0));
        Assert.Equal(0f, one.Heat.Sample(0.2, 0.25));
    }

    [Fact]
    public void A_photo_that_is_stored_on_its_side_has_the_heat_where_it_is_seen()
    {
        using var classifier = new TinyClassifier();
        using var bitmap = new SKBitmap(80, 40);
        bitmap.Erase(SKColors.Black);
        using (var canvas = new SKCanvas(bitmap)) canvas.DrawRect(20, 0, 20, 40, new SKPaint { Color = SKColors.Red });
        using SKData jpeg = bitmap.Encode(SKEncodedImageFormat.Jpeg, 100);

        // Orientation 6: stored columns from the left are rows from the top.
        Explanation<TinyLabel> explanation = classifier.Explain(Pictures.WithOrientation(jpeg.ToArray(), 6));

        Assert.Equal(new PhotoRegion(0, 0.25, 1, 0.5), explanation.Heat.Region);
        Assert.Equal(new ImageSize(80, 40), explanation.OverlaySize);
        Assert.InRange(explanation.Heat.Sample(0.5, 30 / 80.0), 0.9f, 1f);
        Assert.InRange(explanation.Heat.Sample(0.5, 55 / 80.0), 0f, 0.1f);
    }

    [Fact]
    public async Task All_forms_of_a_photo_get_the_same_explanation_and_prediction()
    {
        using var folder = new TemporaryFolder();
        using var classifier = new TinyClassifier();
        byte[] photo = Spot(80, 40, 25, 5);
        File.WriteAllBytes(Path.Combine(folder.Path, "photo.png"), photo);
        using SKBitmap decoded = SKBitmap.Decode(photo);
        byte[] pixels = [.. decoded.Pixels.SelectMany(static p => (byte[])[p.Red, p.Green, p.Blue])];
        using var stream = new MemoryStream(photo);

        Explanation<TinyLabel>[] all =
        [
            classifier.Explain(photo), classifier.Explain(Path.Combine(folder.Path, "photo.png")), classifier.Explain(stream),
            classifier.Explain(pixels, 80, 40), await classifier.ExplainAsync(photo, cancellationToken: TestContext.Current.CancellationToken),
        ];

        Assert.All(all, explanation =>
        {
            Assert.Equal(all[0].Heat.Values.ToArray(), explanation.Heat.Values.ToArray());
            Assert.Equal(classifier.Predict(photo).Ranking, explanation.Prediction.Ranking);
            Assert.Equal(all[0].EncodePng(), explanation.EncodePng());
        });
    }

    [Fact]
    public void Another_label_can_be_explained_and_one_that_is_none_is_refused()
    {
        using var classifier = new TinyClassifier();
        using var bitmap = new SKBitmap(8, 8);
        bitmap.Erase(SKColors.Red);
        bitmap.SetPixel(6, 1, SKColors.Blue);
        using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);

        Explanation<TinyLabel> blue = classifier.Explain(png.ToArray(), TinyLabel.Blue);

        Assert.Equal((TinyLabel.Blue, TinyLabel.Red), (blue.Label, blue.Prediction.Label));
        Assert.Equal(1f, blue.Heat[1, 6]);
        Assert.Equal(1f, blue.Heat.Values.ToArray().Sum());
        Assert.Throws<ArgumentOutOfRangeException>(() => classifier.Explain(png.ToArray(), (TinyLabel)7));
    }

    [Fact]
    public void Grad_cam_is_that_of_finite_differences_in_double_precision()
    {
        using var classifier = new ConvolutionalClassifier();
        using DisposeScope scope = NewDisposeScope();
        Tensor images = ConvolutionalClassifier.Input();
        const double step = 1e-6;

        NetworkHeat heat = HeatPass.Run(classifier.Steps, images, 1, mirror: false);

        // By hand: the feature map is what the pool reads; its gradient by differences of the logit.
        using IDisposable noGradient = no_grad();
        Tensor map = nn.functional.conv2d(images.to_type(ScalarType.Float64), Exact(classifier.Conv.weight), Exact(classifier.Conv.bias!), padding: [1, 1]).tanh();
        double[] cells = new double[36], features = map.data<double>().ToArray();
        for (int channel = 0; channel < 4; channel++)
        {
            double mean = 0;
            for (int cell = 0; cell < 36; cell++)
            {
                Tensor up = map.clone(), down = map.clone();
                up.view(4, 36)[channel, cell] += step;
                down.view(4, 36)[channel, cell] -= step;
                mean += (Logit(up) - Logit(down)) / (2 * step) / 36;
            }
            for (int cell = 0; cell < 36; cell++) cells[cell] += mean * features[channel * 36 + cell];
        }
        cells = [.. cells.Select(static cell => Math.Max(0, cell))];
        Assert.Equal((6, 6), (heat.Height, heat.Width));
        Assert.InRange(cells.Max(), 1e-3, double.MaxValue);
        foreach ((double wanted, float given) in cells.Zip(heat.Values)) Assert.Equal(wanted / cells.Max(), given, 1e-4);

        double Logit(Tensor features)
        {
            Tensor pooled = nn.functional.max_pool2d(features, 2).flatten(1);
            Tensor hidden = nn.functional.linear(pooled, Exact(classifier.Head.Hidden.weight!), Exact(classifier.Head.Hidden.bias!)).sigmoid();
            return nn.functional.linear(hidden, Exact(classifier.Head.Last.weight!), Exact(classifier.Head.Last.bias!))[0, 1].item<double>();
        }
    }

    [Fact]
    public void Mirrored_predictions_are_explained_by_the_mean_of_both_in_their_places()
    {
        using var classifier = new ConvolutionalClassifier();
        using DisposeScope scope = NewDisposeScope();
        Tensor image = ConvolutionalClassifier.Input();

        NetworkHeat both = HeatPass.Run(classifier.Steps, image, 0, mirror: true), turned = HeatPass.Run(classifier.Steps, image.flip(3), 0, mirror: true);

        for (int row = 0; row < 6; row++)
        {
            for (int column = 0; column < 6; column++) Assert.Equal(both.Values[row * 6 + column], turned.Values[row * 6 + 5 - column], 1e-5f);
        }
        Assert.NotEqual(HeatPass.Run(classifier.Steps, image, 0, mirror: false).Values, both.Values);
    }

    [Fact]
    public void Rollout_is_that_of_a_computation_by_hand()
    {
        using var network = new SmallTransformer();
        using DisposeScope scope = NewDisposeScope();
        Tensor image = rand([1, 3, 4, 6], generator: new Generator(4));

        NetworkHeat heat = HeatPass.Run(network.Steps, image, 0, mirror: false);

        // 2 × 3 patches and the class token; in float64, with plain loops.
        double[,] tokens = Tokens(network, image);
        double[,] first = Attention(network.First, tokens), next = Add(tokens, Apply(network.First, tokens));
        double[,] second = Attention(network.Second, next);
        double[] row = new double[7];
        for (int j = 0; j < 7; j++)
        {
            for (int k = 0; k < 7; k++) row[j] += Mixed(second, 0, k) * Mixed(first, k, j);
        }
        double[] patches = row[1..];
        Assert.Equal(ExplanationMethod.AttentionRollout, heat.Method);
        Assert.Equal((2, 3), (heat.Height, heat.Width));
        Assert.Equal(1, row.Sum(), 1e-9);
        foreach ((double patch, float value) in patches.Zip(heat.Values)) Assert.Equal((patch - patches.Min()) / (patches.Max() - patches.Min()), value, 1e-3);

        static double Mixed(double[,] attention, int i, int j) => 0.5 * attention[i, j] + (i == j ? 0.5 : 0);
    }

    [Fact]
    public void A_network_without_places_says_so()
    {
        using var classifier = new PlacelessClassifier();

        NotSupportedException error = Assert.Throws<NotSupportedException>(() => classifier.Explain(Pictures.Plain(SKColors.Red)));

        Assert.Contains("rows and columns", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explanations_next_to_predictions_and_disposal_end_as_usual_or_say_so_and_leave_no_gradients()
    {
        byte[] red = Pictures.Plain(SKColors.Red);
        for (int round = 0; round < 10; round++)
        {
            var classifier = new TinyClassifier();
            Parameter weight = classifier.Conv.weight;
            using var begun = new CountdownEvent(4);
            Task[] callers = [.. Enumerable.Range(0, 4).Select(i => Task.Run(() =>
            {
                begun.Signal();
                try
                {
                    while (true)
                    {
                        Assert.Equal(TinyLabel.Red, i % 2 == 0 ? classifier.Explain(red).Prediction.Label : classifier.Predict(red).Label);
                    }
                }
                catch (ObjectDisposedException)
                {
                }
            }))];
            begun.Wait();
            Assert.Equal(1f, classifier.Explain(red).Heat.Values.ToArray().Max());
            Assert.Null(weight.grad);
            classifier.Dispose();
            await Task.WhenAll(callers);
        }
    }

    [Fact]
    public void Overlays_are_files_of_the_photos_size_and_are_hot_where_the_heat_is()
    {
        using var folder = new TemporaryFolder();
        using var classifier = new TinyClassifier();
        Explanation<TinyLabel> explanation = classifier.Explain(Spot(80, 40, 25, 5));

        explanation.Save(Path.Combine(folder.Path, "new/overlay.png"));
        explanation.Save(Path.Combine(folder.Path, "overlay.JPG"));

        using SKBitmap png = SKBitmap.Decode(Path.Combine(folder.Path, "new/overlay.png")), jpeg = SKBitmap.Decode(Path.Combine(folder.Path, "overlay.JPG"));
        Assert.Equal((80, 40, 80, 40), (png.Width, png.Height, jpeg.Width, jpeg.Height));
        // Half red, half yellow; half black, half dark blue; and what was cut off.
        Assert.Equal(new SKColor(248, 124, 16), png.GetPixel(30, 10));
        Assert.Equal(new SKColor(6, 4, 68), png.GetPixel(50, 30));
        Assert.Equal(SKColors.Black, png.GetPixel(5, 5));
        Assert.Throws<ArgumentException>(() => explanation.Save(Path.Combine(folder.Path, "overlay.gif")));
        Assert.Throws<ArgumentOutOfRangeException>(() => explanation.EncodeJpeg(101));
    }

    [Fact]
    public void Overlays_of_large_photos_are_smaller()
    {
        using var classifier = new TinyClassifier();
        Explanation<TinyLabel> explanation = classifier.Explain(Pictures.Plain(SKColors.Red, 3000, 1500, SKEncodedImageFormat.Jpeg));

        Assert.Equal(new ImageSize(512, 1024), explanation.OverlaySize);
        using SKBitmap overlay = SKBitmap.Decode(explanation.EncodeJpeg());
        Assert.Equal((1024, 512), (overlay.Width, overlay.Height));
    }

    [Theory]
    [InlineData(640, 480, 224, 224, null)]
    [InlineData(481, 640, 224, 224, 256)]
    [InlineData(300, 200, 64, 96, null)]
    public void The_region_is_that_of_the_pixels_that_the_network_gets(int width, int height, int inputHeight, int inputWidth, int? shorterSide)
    {
        ImageSize photo = new(height, width), input = new(inputHeight, inputWidth);
        ImageResize? resize = shorterSide is { } side ? new ImageResize(side, IsBicubic: false) : null;
        // The red of each pixel is its column, the green its row, both as shares.
        byte[] pixels = new byte[photo.Bytes], seen = new byte[input.Bytes];
        for (int i = 0; i < width * height; i++)
        {
            (pixels[3 * i], pixels[3 * i + 1]) = ((byte)(255 * (i % width + 0.5) / width), (byte)(255 * (i / width + 0.5) / height));
        }
        ImageDecoder.Resize(pixels, photo, input, seen, ImageLimits.Default, resize);

        PhotoRegion region = CentreWindow.RegionOf(photo, input, resize);

        int corner = 3 * (inputWidth * 5 + 5), opposite = 3 * (inputWidth * (inputHeight - 6) + inputWidth - 6);
        Assert.Equal(region.Left + 5.5 / inputWidth * region.Width, seen[corner] / 255.0, 0.01);
        Assert.Equal(region.Top + 5.5 / inputHeight * region.Height, seen[corner + 1] / 255.0, 0.01);
        Assert.Equal(region.Left + (1 - 5.5 / inputWidth) * region.Width, seen[opposite] / 255.0, 0.01);
        Assert.Equal(region.Top + (1 - 5.5 / inputHeight) * region.Height, seen[opposite + 1] / 255.0, 0.01);
    }

    [Fact]
    public void A_heat_map_refuses_what_is_none()
    {
        Assert.Throws<ArgumentException>(() => new HeatMap(2, 2, [0, 0, 1], PhotoRegion.Whole));
        Assert.Throws<ArgumentException>(() => new HeatMap(1, 1, [float.NaN], PhotoRegion.Whole));
        Assert.Throws<ArgumentException>(() => new HeatMap(1, 1, [1.5f], PhotoRegion.Whole));
        Assert.Throws<ArgumentException>(() => new HeatMap(1, 1, [1], default));
        var map = new HeatMap(2, 1, [0, 1], PhotoRegion.Whole);
        Assert.Equal([0, 0.25f, 0.75f, 1], map.Resize(4, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => map[0, 2]);
    }

    /// <summary>A red spot of 10 × 10 pixels on black.</summary>
    private static byte[] Spot(int width, int height, int x, int y)
    {
        using var bitmap = new SKBitmap(width, height);
        bitmap.Erase(SKColors.Black);
        using (var canvas = new SKCanvas(bitmap)) canvas.DrawRect(x, y, 10, 10, new SKPaint { Color = SKColors.Red });
        using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    /// <summary>Gives a network numbers that no other test changes.</summary>
    private static void Fill(nn.Module network, ulong seed)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        var generator = new Generator(seed);
        foreach ((_, Parameter parameter) in network.named_parameters()) parameter.copy_(randn(parameter.shape, generator: generator));
    }

    private static Tensor Exact(Tensor tensor) => tensor.detach().to_type(ScalarType.Float64);

    private static double[,] Tokens(SmallTransformer network, Tensor image)
    {
        double[,] tokens = new double[7, 4];
        double[] weight = Numbers(network.Patches.weight), bias = Numbers(network.Patches.bias!), token = Numbers(network.Token.Value), pixels = Numbers(image);
        for (int c = 0; c < 4; c++) tokens[0, c] = token[c];
        for (int patch = 0; patch < 6; patch++)
        {
            for (int c = 0; c < 4; c++)
            {
                double sum = bias[c];
                for (int i = 0; i < 12; i++)
                {
                    (int channel, int y, int x) = (i / 4, i / 2 % 2, i % 2);
                    sum += weight[c * 12 + i] * pixels[channel * 24 + (patch / 3 * 2 + y) * 6 + patch % 3 * 2 + x];
                }
                tokens[patch + 1, c] = sum;
            }
        }
        return tokens;
    }

    /// <summary>The mean over two heads of two channels each.</summary>
    private static double[,] Attention(SelfAttention layer, double[,] tokens)
    {
        double[,] mean = new double[7, 7];
        for (int head = 0; head < 2; head++)
        {
            double[,] shares = Head(layer, tokens, head);
            for (int i = 0; i < 7; i++)
            {
                for (int j = 0; j < 7; j++) mean[i, j] += shares[i, j] / 2;
            }
        }
        return mean;
    }

    private static double[,] Head(SelfAttention layer, double[,] tokens, int head)
    {
        double[,] shares = new double[7, 7];
        for (int i = 0; i < 7; i++)
        {
            double sum = 0;
            for (int j = 0; j < 7; j++)
            {
                double product = 0;
                for (int c = 2 * head; c < 2 * head + 2; c++) product += Projected(layer, tokens, i, c) * Projected(layer, tokens, j, 4 + c);
                sum += shares[i, j] = Math.Exp(product / Math.Sqrt(2));
            }
            for (int j = 0; j < 7; j++) shares[i, j] /= sum;
        }
        return shares;
    }

    private static double[,] Apply(SelfAttention layer, double[,] tokens)
    {
        double[,] mixed = new double[7, 4], result = new double[7, 4];
        double[] weight = Numbers(layer.Output.weight!), bias = Numbers(layer.Output.bias!);
        for (int head = 0; head < 2; head++)
        {
            double[,] shares = Head(layer, tokens, head);
            for (int i = 0; i < 7; i++)
            {
                for (int c = 2 * head; c < 2 * head + 2; c++)
                {
                    for (int j = 0; j < 7; j++) mixed[i, c] += shares[i, j] * Projected(layer, tokens, j, 8 + c);
                }
            }
        }
        for (int i = 0; i < 7; i++)
        {
            for (int c = 0; c < 4; c++)
            {
                result[i, c] = bias[c];
                for (int k = 0; k < 4; k++) result[i, c] += weight[c * 4 + k] * mixed[i, k];
            }
        }
        return result;
    }

    private static double Projected(SelfAttention layer, double[,] tokens, int token, int output)
    {
        double[] weight = Numbers(layer.InWeight), bias = Numbers(layer.InBias);
        double sum = bias[output];
        for (int k = 0; k < 4; k++) sum += weight[output * 4 + k] * tokens[token, k];
        return sum;
    }

    private static double[,] Add(double[,] a, double[,] b)
    {
        double[,] sum = new double[7, 4];
        for (int i = 0; i < 7; i++)
        {
            for (int c = 0; c < 4; c++) sum[i, c] = a[i, c] + b[i, c];
        }
        return sum;
    }

    private static double[] Numbers(Tensor tensor)
    {
        using Tensor exact = tensor.detach().to_type(ScalarType.Float64).contiguous();
        return exact.data<double>().ToArray();
    }

    /// <summary>A convolution, tanh and pooling, and a head with a hidden layer: the feature map is what the pooling reads.</summary>
    private sealed class ConvolutionalClassifier : ImageClassifier<TinyLabel>
    {
        public ConvolutionalClassifier()
            : base("Convolutional", new ImageSize(6, 6), new PixelTransform(false, 1 / 255.0, [0, 0, 0], [1, 1, 1]))
        {
            NativeLibraries.Load();
            Conv = Register("conv", nn.Conv2d(3, 4, 3, padding: 1));
            Pool = Register("pool", nn.MaxPool2d(2));
            Head = Register("head", new TwoLayers());
            Fill(this, 11);
            eval();
        }

        public Conv2d Conv { get; }

        public MaxPool2d Pool { get; }

        public TwoLayers Head { get; }

        public static Tensor Input() => rand([1, 3, 6, 6], generator: new Generator(3));

        public void Steps(ref ForwardPass pass) => Describe(ref pass);

        protected override void Describe(ref ForwardPass pass)
        {
            pass.Run(Conv);
            pass.Tanh();
            pass.Run(Pool);
            pass.Run(Head);
        }

        public sealed class TwoLayers : ClassifierHead
        {
            public TwoLayers()
            {
                Hidden = Register("hidden", nn.Linear(36, 8));
                Last = Register("last", nn.Linear(8, 3));
            }

            public Linear Hidden { get; }

            public Linear Last { get; }

            protected override void Describe(ref ForwardPass pass)
            {
                pass.Run(nn.Flatten());
                pass.Run(Hidden);
                pass.Sigmoid();
                pass.Run(Last);
            }
        }
    }

    /// <summary>Patches of 2 × 2 pixels, a class token, and two layers of attention with connections around them.</summary>
    internal sealed class SmallTransformer : ModuleTree
    {
        public SmallTransformer()
            : base("Transformer")
        {
            NativeLibraries.Load();
            Patches = Register("patches", nn.Conv2d(3, 4, 2, stride: 2));
            Token = Register("token", new ClassToken(4));
            First = Register("first", new SelfAttention(4, 2));
            Second = Register("second", new SelfAttention(4, 2));
            Fc = Register("fc", nn.Linear(4, 3));
            Fill(this, 5);
            eval();
        }

        public Conv2d Patches { get; }

        public ClassToken Token { get; }

        public SelfAttention First { get; }

        public SelfAttention Second { get; }

        public Linear Fc { get; }

        public override Tensor forward(Tensor input) => ForwardPass.Run(input, Steps);

        public void Steps(ref ForwardPass pass)
        {
            pass.Run(Patches);
            pass.Run(new Tokens());
            Value start = pass.Run(Token);
            Value next = pass.Add(start, pass.Run(First));
            pass.Add(next, pass.Run(Second));
            pass.Run(new FirstToken());
            pass.Run(Fc);
        }
    }

    /// <summary>A convolution as large as the image.</summary>
    private sealed class PlacelessClassifier : ImageClassifier<TinyLabel>
    {
        public PlacelessClassifier()
            : base("Placeless", new ImageSize(8, 8), new PixelTransform(false, 1 / 255.0, [0, 0, 0], [1, 1, 1]))
        {
            NativeLibraries.Load();
            Conv = Register("conv", nn.Conv2d(3, 3, 8));
            eval();
        }

        public Conv2d Conv { get; }

        protected override void Describe(ref ForwardPass pass)
        {
            pass.Run(Conv);
            pass.Run(nn.Flatten());
        }
    }
}
