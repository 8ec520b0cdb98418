using FineTune.Training;
using FineTune.Training.Diagnostics;
using FineTune.Training.Modules;
using FineTune.Weights;
using ModelSpec.Diagnostics;
using ModelSpec.Networks;
using ModelSpec.Plans;
using static TorchSharp.torch;

namespace Training.Tests.Stages;

public class TrainerTests
{
    [Fact]
    public void Training_writes_weights_that_the_network_can_load()
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read();
        var log = new RecordingLog();

        project.Train(spec, log);

        using var module = new NetworkModule(spec.Network);
        using FileStream file = File.OpenRead(project.Output);
        SafetensorsLoader.Load(file, module.Weights().ToDictionary(static w => w.Key, static w => w.Value), "It");
        Assert.Contains(log.Lines, static l => l.StartsWith("TinyClassifier: warm-up trains 74 of 420 parameters", StringComparison.Ordinal));
        Assert.Contains(log.Lines, static l => l.Contains("fine-tune epoch 3/3, loss", StringComparison.Ordinal));
        Assert.Contains(log.Lines, static l => l.Contains("test accuracy", StringComparison.Ordinal));
    }

    [Fact]
    public void Two_easy_classes_are_learnt()
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read(("epochs = 3\nbatch_size = 4\noptimizer = \"adam\"", "epochs = 40\nbatch_size = 4\noptimizer = \"adam\""));
        var log = new RecordingLog();

        project.Train(spec, log);

        Assert.Contains(log.Lines, static l => l.Contains("after fine-tune, test accuracy 100.00% (8 of 8)", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[data.augment]\nrotation = 20\nzoom = 0.2\nhorizontal_flip = true\n\n")]
    public void The_same_seed_gives_the_same_bytes_and_another_seed_does_not(string augmentation)
    {
        using var project = new TinyProject();
        (string, string) augmented = ("[backbone]", augmentation + "[backbone]");

        byte[] first = project.Train(project.Read(augmented));
        byte[] second = project.Train(project.Read(augmented));
        byte[] other = project.Train(project.Read(augmented, ("seed = 7", "seed = 8")));

        Assert.Equal(first, second);
        Assert.NotEqual(first, other);
    }

    [Fact]
    public void Frozen_layers_are_bit_identical_after_a_stage_and_the_others_are_not()
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read();
        random.manual_seed(spec.Plan.Seed);
        using var untrained = new NetworkModule(spec.Network);
        Dictionary<string, byte[]> before = untrained.Weights().ToDictionary(static w => w.Key, static w => w.Value.bytes.ToArray());

        project.Train(spec);

        using var trained = new NetworkModule(spec.Network);
        using FileStream file = File.OpenRead(project.Output);
        SafetensorsLoader.Load(file, trained.Weights().ToDictionary(static w => w.Key, static w => w.Value), "It");
        foreach ((string key, Tensor tensor) in trained.Weights())
        {
            bool frozen = key.StartsWith("conv1", StringComparison.Ordinal) || key.StartsWith("bn1", StringComparison.Ordinal);
            Assert.Equal(frozen, before[key].AsSpan().SequenceEqual(tensor.bytes));
        }
    }

    [Fact]
    public void A_batch_norm_that_learns_changes_its_running_figures()
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read(("\"0..4\"", "\"none\""));

        project.Train(spec);

        using var trained = new NetworkModule(spec.Network);
        using FileStream file = File.OpenRead(project.Output);
        SafetensorsLoader.Load(file, trained.Weights().ToDictionary(static w => w.Key, static w => w.Value), "It");
        Assert.NotEqual(new float[4], trained.Weights().Single(static w => w.Key == "bn1.running_mean").Value.data<float>().ToArray());
    }

    [Fact]
    public void A_loss_that_explodes_is_an_error_at_the_stage()
    {
        using var project = new TinyProject();

        Diagnostic diagnostic = project.TrainAndFail(project.Read(("learning_rate = 0.01\nmomentum", "learning_rate = 1e30\nmomentum")));

        Assert.Equal("MSPEC3003", diagnostic.Descriptor.Code);
        Assert.Equal(25, diagnostic.Span.Line);
    }

    [Fact]
    public void A_device_that_is_not_there_is_an_error_with_the_reason()
    {
        using var project = new TinyProject();
        var options = new FineTuningOptions(project.Output, "cuda:99", new FineTune.Training.Assets.AssetFolders([], project["cache"]));

        Diagnostic diagnostic = Assert.Throws<TrainingException>(() => new FineTuning(project.Read(), options, new RecordingLog()).Run(default)).Diagnostic;

        Assert.Equal("MSPEC3004", diagnostic.Descriptor.Code);
    }

    [Fact]
    public void An_output_that_cannot_be_written_is_an_error_and_leaves_nothing()
    {
        using var project = new TinyProject();
        project.Write("file", "");
        var options = new FineTuningOptions(project["file/tiny.safetensors"], "cpu", new FineTune.Training.Assets.AssetFolders([], project["cache"]));

        Diagnostic diagnostic = Assert.Throws<TrainingException>(() => new FineTuning(project.Read(), options, new RecordingLog()).Run(default)).Diagnostic;

        Assert.Equal("MSPEC3002", diagnostic.Descriptor.Code);
    }

    [Fact]
    public void Early_stopping_ends_a_stage_and_keeps_the_best_weights()
    {
        using var project = new TinyProject();
        (string, string) split = ("{ train = 0.75, test = 0.25 }", "{ train = 0.5, validation = 0.25, test = 0.25 }");
        // The second stage runs away: its first epoch is its best.
        SpecSource spec = project.Read(split, ("epochs = 3\nbatch_size = 4\noptimizer = \"sgd\"\nlearning_rate = 0.01", "epochs = 50\nbatch_size = 4\nearly_stopping = 2\noptimizer = \"sgd\"\nlearning_rate = 3"));
        var log = new RecordingLog();

        project.Train(spec, log);

        string end = Assert.Single(log.Lines, static l => l.Contains("ends early", StringComparison.Ordinal));
        int best = int.Parse(end.Split("epoch ")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        Assert.DoesNotContain(log.Lines, l => l.Contains($"fine-tune epoch {best + 3}/50", StringComparison.Ordinal));

        byte[] stopped = File.ReadAllBytes(project.Output);
        byte[] bestOnly = project.Train(project.Read(split, ("epochs = 3\nbatch_size = 4\noptimizer = \"sgd\"\nlearning_rate = 0.01", $"epochs = {best}\nbatch_size = 4\noptimizer = \"sgd\"\nlearning_rate = 3")));
        Assert.Equal(Tensors(bestOnly), Tensors(stopped));

        static byte[] Tensors(byte[] file) => file[(8 + (int)BitConverter.ToInt64(file))..];
    }

    // Each of them changes the weights on its own, so both together must differ from each alone.
    [Theory]
    [InlineData("label_smoothing = 0.1")]
    [InlineData("class_weights = \"balanced\"")]
    [InlineData("clip_norm = 0.01")]
    [InlineData("schedule = \"step\"\nstep_size = 1\ngamma = 0.5")]
    [InlineData("warmup_epochs = 1")]
    public void Every_regularization_and_schedule_has_an_effect_of_its_own(string setting)
    {
        using var project = new TinyProject();
        // Classes of different sizes, so that balance weighs.
        for (int i = 16; i < 24; i++) project.AddPicture($"Red-Sky/{i:00}.png", new SkiaSharp.SKColor((byte)(200 + i), (byte)(3 * i), 20));

        Assert.NotEqual(Tensors(project.Train(project.Read())), Tensors(project.Train(project.Read(("momentum = 0.9", "momentum = 0.9\n" + setting)))));

        // Without the notes, which have the accuracy.
        static byte[] Tensors(byte[] file) => file[(8 + (int)BitConverter.ToInt64(file))..];
    }

    [Fact]
    public void Training_and_prediction_prepare_pixels_alike()
    {
        using var generated = Vgg16Classifier.CreateUntrained();
        using var mobileNet = MobileNetClassifier.CreateUntrained();
        foreach ((FineTune.Images.PixelTransform own, string name) in new[] { (generated.PixelTransform, "vgg16"), (mobileNet.PixelTransform, "mobilenet") })
        {
            Network network = Reference.Spec(name + ".modelspec").Network;
            using Tensor pixels = tensor([.. Enumerable.Range(0, 48).Select(static i => (byte)(i * 5))], [1, 4, 4, 3]);
            using Tensor training = PixelTransforms.Of(network).Apply(pixels), prediction = own.Apply(pixels);

            Assert.Equal(training.data<float>().ToArray(), prediction.data<float>().ToArray());
        }
    }

    [Fact]
    public void Weights_that_cannot_take_their_place_are_one_clear_error_and_nothing_half_written_is_left()
    {
        using var project = new TinyProject();
        Directory.CreateDirectory(project.Output);

        Diagnostic diagnostic = project.TrainAndFail(project.Read());

        Assert.Equal("MSPEC3002", diagnostic.Descriptor.Code);
        Assert.Contains(project.Output, diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pixels_that_enter_the_network_unchanged_are_not_kept_a_second_time()
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read(("freeze = \"backbone\"", "freeze = \"none\""), ("freeze = \"0..4\"", "freeze = \"none\""));
        // Memory only for the pixels, and a file in the place of the folder for the rest.
        project.Write("cache/scratch", "");

        Assert.NotEmpty(project.BringUpToDate(spec, memory: 32 * 16 * 16 * 3));
    }

    [Fact]
    public void The_loss_of_an_epoch_is_the_mean_over_the_images_that_were_trained_on()
    {
        // 24 images in batches of 23: normalisation learns nothing from the one that is left, which is skipped.
        using var project = new TinyProject();
        TrainingPlan plan = project.Read(("\"0..4\"", "\"none\""), ("epochs = 3\nbatch_size = 4\noptimizer = \"sgd\"\nlearning_rate = 0.01\nmomentum = 0.9", "epochs = 3\nbatch_size = 23\noptimizer = \"sgd\"\nlearning_rate = 1e-30")).Plan;
        using var module = new NetworkModule(plan.Network);
        SpecSource spec = project.Read();
        FineTune.Training.Data.LabeledImage[] all = [.. TinyProject.List(spec).Where(static i => i.Class == 0).Take(12)];
        var store = new FineTune.Training.Data.TensorStore(1 << 20, project["scratch"]);
        using var images = new FineTune.Training.Data.ImageSets(spec, new FineTune.Training.Data.DatasetSplit("", [.. all, .. all], [], []), store);
        long[] order = images.Train.Readable();
        module.Begin(plan.Stages[1]);
        using var epochs = new FineTune.Training.Stages.EpochRunner(module, plan, 1, images.Train, null, null, CPU, ScalarType.Float32);

        random.manual_seed(1);
        (double whole, _) = epochs.Run(1, order.AsSpan(0, 23), default);
        random.manual_seed(1);
        (double skipping, double accuracy) = epochs.Run(1, order, default);

        Assert.Equal(whole, skipping, 1e-6);
        Assert.InRange(accuracy * 23 - Math.Round(accuracy * 23), -1e-9, 1e-9);
    }

    [Fact]
    public void The_layer_table_says_what_each_stage_trains()
    {
        using var project = new TinyProject();

        string[] lines = LayerTable.Format(project.Read().Plan).Split('\n');

        Assert.Equal(["name", "type", "output", "parameters", "warm-up", "fine-tune"], Cells(lines[0]));
        Assert.Equal(["1", "conv1", "Conv2D", "[N, 4, 16, 16]", "108", "frozen", "frozen"], Cells(lines[2]));
        Assert.Equal(["5", "conv2", "Conv2D", "[N, 6, 4, 4]", "222", "frozen", "trains"], Cells(lines[6]));
        Assert.Equal(["total", "420"], Cells(lines[^4]));
        Assert.Equal(["trainable", "74", "296"], Cells(lines[^3]));
        Assert.Equal(["frozen", "346", "124"], Cells(lines[^2]));

        static string[] Cells(string line) => line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
