using FineTune.Training;
using FineTune.Training.Data;
using FineTune.Training.Modules;
using FineTune.Training.Stages;
using SkiaSharp;
using TorchSharp;
using static TorchSharp.torch;

namespace Training.Tests.Stages;

/// <summary>One pass through frozen layers for all stages gives each of them what it would compute by itself.</summary>
public class FeatureSourceTests
{
    [Fact]
    public void A_later_stage_gets_what_an_earlier_pass_went_through()
    {
        using var project = new TinyProject();

        Assert.True(IsShared(project.Read(), stage: 1));
    }

    [Fact]
    public void A_stage_makes_its_own_where_convolution_and_normalisation_are_one_in_the_earlier_pass()
    {
        using var project = new TinyProject();

        // The pass through both rounds otherwise than the two of them.
        Assert.False(IsShared(project.Read(("0..4", "0..1")), stage: 1));
    }

    [Fact]
    public void A_stage_makes_its_own_where_a_stage_before_it_trains_its_frozen_layers()
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read(("[[stage]]\nname = \"fine-tune\"", """
            [[stage]]
            name = "all"
            epochs = 1
            optimizer = "sgd"
            learning_rate = 0.01

            [[stage]]
            name = "fine-tune"
            """.ReplaceLineEndings("\n")));

        Assert.False(IsShared(spec, stage: 2));
    }

    [Fact]
    public void What_no_later_stage_needs_is_given_back()
    {
        using var project = new TinyProject();
        using var stages = new Stages(project.Read());
        using FeatureSource source = stages.Source();

        byte[] before = stages.Bytes(source, stage: 0);
        source.Release(1);
        stages.ChangeWeights();

        Assert.NotEqual(before, stages.Bytes(source, stage: 0));
    }

    [Theory]
    [InlineData("0..4")] // kept
    [InlineData("none")] // computed for each batch
    public void Mirrored_features_are_those_of_the_mirrored_images(string freeze)
    {
        using TinyProject project = new(), mirrored = new();
        DrawHalves(project["pictures/Red-Sky/00.png"], SKColors.Red, SKColors.White);
        DrawHalves(mirrored["pictures/Red-Sky/00.png"], SKColors.White, SKColors.Red);
        (string, string) frozen = ("freeze = \"0..4\"", $"freeze = \"{freeze}\"");
        using Stages stages = new(project.Read(frozen)), others = new(mirrored.Read(frozen));
        using FeatureSource source = stages.Source(), other = others.Source();

        byte[] asTheyAre = stages.Bytes(source, stage: 1), turned = stages.Bytes(source, stage: 1, isMirrored: true);

        Assert.NotEqual(asTheyAre, turned);
        Assert.Equal(others.Bytes(other, stage: 1), turned);
    }

    /// <summary>A picture of the network's own size, whose halves have two colours.</summary>
    private static void DrawHalves(string path, SKColor left, SKColor right)
    {
        using var bitmap = new SKBitmap(TinyProject.Size.Width, TinyProject.Size.Height);
        bitmap.Erase(left);
        using (var canvas = new SKCanvas(bitmap))
        using (var paint = new SKPaint { Color = right })
        {
            canvas.DrawRect(TinyProject.Size.Width / 2, 0, TinyProject.Size.Width / 2, TinyProject.Size.Height, paint);
        }
        using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        File.WriteAllBytes(path, png.ToArray());
    }

    /// <summary>
    /// Whether a stage's features come from the first stage's pass: they are then the same, even if the weights have changed in the meantime.
    /// </summary>
    private static bool IsShared(SpecSource spec, int stage)
    {
        using var stages = new Stages(spec);
        using FeatureSource own = stages.Source(), shared = stages.Source();
        byte[] expected = stages.Bytes(own, stage);

        _ = stages.Bytes(shared, stage: 0);
        for (int next = 1; next <= stage; next++) shared.Release(next);
        stages.ChangeWeights();
        return expected.AsSpan().SequenceEqual(stages.Bytes(shared, stage));
    }

    /// <summary>A network and its images.</summary>
    private sealed class Stages : IDisposable
    {
        private readonly SpecSource _spec;
        private readonly NetworkModule _module;
        private readonly TensorStore _store = new(TensorStore.DefaultBudget(), "/nonexistent");
        private readonly ImageSets _images;

        public Stages(SpecSource spec)
        {
            _spec = spec;
            random.manual_seed(3);
            _module = new NetworkModule(spec.Network);
            _module.eval();
            LabeledImage[] pictures = [.. TinyProject.List(spec)];
            _images = new ImageSets(spec, new DatasetSplit("", pictures, [], []), _store);
        }

        public FeatureSource Source() => new(_module, _spec, CPU, _store, new RecordingLog(), FineTune.Training.Ranks.SingleRank.Instance);

        public byte[] Bytes(FeatureSource source, int stage, bool isMirrored = false)
        {
            _images.Train.WaitFor(_images.Train.Count);
            Features features = source.Of(
                _images.Train, stage, ScalarType.Float32, "features", TestContext.Current.CancellationToken, isMirrored: isMirrored);
            using Tensor values = features.Of([.. Enumerable.Range(0, _images.Train.Count).Select(static i => (long)i)], epoch: 1);
            using Tensor contiguous = values.contiguous();
            return contiguous.bytes.ToArray();
        }

        /// <summary>Whoever computes with the network from now on computes something else.</summary>
        public void ChangeWeights()
        {
            using IDisposable noGradient = no_grad();
            foreach (TorchSharp.Modules.Parameter parameter in _module.parameters()) parameter.mul_(-0.7);
        }

        public void Dispose()
        {
            _images.Dispose();
            _module.Dispose();
        }
    }
}
