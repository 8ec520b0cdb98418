using FineTune.Training;
using FineTune.Training.Data;
using FineTune.Training.Modules;
using FineTune.Training.Stages;
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

    /// <summary>
    /// Whether a stage's features come from the first stage's pass: they are the same then whatever became of the weights meanwhile.
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
            LabeledImage[] pictures = [.. FolderImporter.Import(Path.Combine(Path.GetDirectoryName(spec.Spec.Path)!, "pictures"), spec)];
            _images = new ImageSets(spec, new DatasetSplit("", pictures, [], []), _store);
        }

        public FeatureSource Source() => new(_module, _spec, CPU, _store, new RecordingLog());

        public byte[] Bytes(FeatureSource source, int stage)
        {
            Features features = source.Of(_images.Train, stage, ScalarType.Float32, "features", TestContext.Current.CancellationToken);
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
