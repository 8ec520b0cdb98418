using System.Globalization;
using System.Text.Json;
using FineTune;
using FineTune.Images;
using FineTune.Inference;
using FineTune.Training;
using FineTune.Training.Calibration;
using FineTune.Training.Diagnostics;
using FineTune.Training.Locks;
using FineTune.Training.Predictions;
using FineTune.Training.Weights;
using ModelSpec.Diagnostics;
using ModelSpec.Locks;
using SkiaSharp;
using Training.Tests.Exporters.Onnx;
using static TorchSharp.torch;

namespace Training.Tests.Calibration;

public class CertaintyStageTests
{
    private static readonly (string, string) Validated = ("{ train = 0.75, test = 0.25 }", "{ train = 0.5, validation = 0.25, test = 0.25 }");

    static CertaintyStageTests() => FineTune.Native.NativeLibraries.Load();

    [Fact]
    public void A_training_writes_what_it_learnt_into_weights_lock_and_log_and_leaves_the_tensors_alone()
    {
        using TinyProject project = Project();
        byte[] plain = project.Train(project.Read(Validated));
        string trained = FileDigests.Compute(project.Output);
        var log = new RecordingLog();

        SpecSource spec = project.Read(Validated, Predict("calibrate = true\naccept = 0.2"));
        project.BringUpToDate(spec, log);

        // Nothing was trained for it.
        Assert.DoesNotContain(log.Lines, static line => line.Contains("epoch", StringComparison.Ordinal));
        Assert.Contains("TinyClassifier: fits the certainty of answers anew, as [predict] calibrate is new: true", log.Lines);
        Assert.Contains(log.Lines, static line => line.StartsWith("TinyClassifier: calibrated on 20 validation images: temperature ", StringComparison.Ordinal));
        Certainty certainty = TrainedWeights.CertaintyOf(project.Output, spec);
        Assert.NotEqual(1, certainty.Temperature);
        Assert.Equal(0.2, certainty.Accept);
        Assert.Equal(20, certainty.TrueLabels!.Images);
        TrainingLock written = Lock(project);
        Assert.Equal(FileDigests.Compute(project.Output), written.Weights);
        Assert.Equal(trained, written.TrainedWeights);
        Assert.Equal("true", written.Find("predict", 0, "calibrate"));
        Assert.Equal(certainty.Temperature, Number(written, "temperature"), 1e-6);
        Assert.Equal(certainty.Threshold!.Value, Number(written, "threshold"), 1e-6);
        Assert.True(Number(written, "test_log_loss") > 0);

        // The same as when it is trained in one go; and taking the words back gives the file of before.
        byte[] fitted = File.ReadAllBytes(project.Output);
        string text = File.ReadAllText(project.Lock);
        Assert.Equal(fitted, project.Train(spec));
        Assert.Equal(text, File.ReadAllText(project.Lock));
        Directory.Delete(Path.Combine(project.Cache, "trained"), recursive: true);
        Assert.Equal(plain, project.BringUpToDate(project.Read(Validated)));
    }

    [Fact]
    public void Weights_that_are_up_to_date_stay_and_locked_mode_wants_no_change()
    {
        using TinyProject project = Project();
        SpecSource spec = project.Read(Validated, Predict("accept = 0.2"));
        byte[] weights = project.Train(spec);
        string text = File.ReadAllText(project.Lock);
        var log = new RecordingLog();

        Assert.Equal(weights, project.BringUpToDate(spec, log, locked: true));
        Assert.Equal(weights, project.BringUpToDate(spec, log));
        Assert.All(log.Lines, static line => Assert.Contains("up to date", line, StringComparison.Ordinal));
        Assert.Equal(text, File.ReadAllText(project.Lock));

        Diagnostic locked = Assert.Throws<TrainingException>(() => project.BringUpToDate(project.Read(Validated, Predict("accept = 0.3")), locked: true)).Diagnostic;
        Assert.Equal("MSPEC3008", locked.Descriptor.Code);
        Assert.Contains("[predict] accept changed 0.2 → 0.3", locked.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_no_confidence_reaches_the_share_nothing_is_certain_and_each_run_warns_of_it()
    {
        using TinyProject project = Project();
        SpecSource spec = project.Read(Validated, Predict("accept = 0.99"));
        for (int run = 0; run < 2; run++)
        {
            var log = new RecordingLog();
            project.BringUpToDate(spec, log);

            Diagnostic warning = Assert.Single(log.Diagnostics);
            Assert.Equal("MSPEC3096", warning.Descriptor.Code);
            Assert.False(warning.IsError);
            Assert.Contains("381 right answers", warning.Message, StringComparison.Ordinal);
            Assert.Equal(spec.Spec.Predict.Accept!.Value.Span, warning.Span);
        }
        Assert.Equal(double.PositiveInfinity, TrainedWeights.CertaintyOf(project.Output, spec).Threshold);
        Assert.Equal("\"none\"", Lock(project).Find(TrainingLock.Certainty, 0, "threshold"));
    }

    [Fact]
    public void Both_engines_give_the_same_probabilities_and_the_same_certain_answers()
    {
        using TinyProject project = Project();
        foreach (string mirror in (string[])["", "mirror = true\n"])
        {
            SpecSource spec = project.Read(Validated, ("[[stage]]\nname = \"warm-up\"", $"[predict]\n{mirror}calibrate = true\naccept = 0.2\n\n[[export]]\nformat = \"onnx\"\n\n[[stage]]\nname = \"warm-up\""));
            project.Train(spec);
            using var run = new OnnxRun(File.ReadAllBytes(project["tiny.onnx"]));
            using SpecClassifier torch = SpecClassifier.Load(spec, project.Output, CPU, new RecordingLog());
            Certainty certainty = Certainty.Read(run.Session.ModelMetadata.CustomMetadataMap);
            Assert.NotEqual(1, certainty.Temperature);
            Assert.Equal(torch.Certainty, certainty);

            byte[] pixels = new byte[6 * TinyProject.Size.Bytes];
            new Random(9).NextBytes(pixels);
            double[] probabilities = torch.Classify(pixels, 6);
            using var scope = NewDisposeScope();
            OnnxAnswers answers = run.Run(PixelTransforms.Of(spec.Network).Apply(tensor(pixels, [6, 16, 16, 3], ScalarType.Byte)));
            for (int i = 0; i < probabilities.Length; i++) Assert.Equal(probabilities[i], answers.Probabilities[i], 1e-5);

            // The logits of the file are as they were: the golden answers are theirs.
            double[] golden = GoldenAnswers.Parse(run.Session.ModelMetadata.CustomMetadataMap[GoldenAnswers.Key], 2);
            OnnxAnswers check = run.Run(PixelTransforms.Of(spec.Network).Apply(tensor(CheckImage.Create(TinyProject.Size), [1, 16, 16, 3], ScalarType.Byte)));
            for (int i = 0; i < 2; i++) Assert.Equal(golden[i], check.Logits[i], 1e-4 * golden.Max(Math.Abs));
        }
    }

    [Fact]
    public void Foreign_images_are_counted_and_counted_again_where_the_folder_changes()
    {
        using TinyProject project = Project();
        (string, string) outside = ("source = \"pictures\"", "source = \"pictures\"\noutside = \"foreign\"");
        SpecSource spec = project.Read(Validated, outside, Predict("accept = 0.2"));
        Diagnostic missing = Assert.Throws<TrainingException>(() => project.BringUpToDate(spec)).Diagnostic;
        Assert.Equal("MSPEC3095", missing.Descriptor.Code);
        Assert.Equal(spec.Spec.Data.Outside[0].Span, missing.Span);

        Foreign("a.png");
        Foreign("b.png");
        var log = new RecordingLog();
        byte[] weights = project.BringUpToDate(spec, log);
        Assert.Equal("2", Lock(project).Find(TrainingLock.Certainty, 0, "outside_images"));
        Assert.InRange(Number(Lock(project), "outside_auroc_energy"), 0, 1);
        Assert.InRange(Number(Lock(project), "outside_refused"), 0, 1);
        Assert.Contains(log.Lines, static line => line.StartsWith("TinyClassifier: of 2 foreign images, ", StringComparison.Ordinal));

        Foreign("c.png");
        Assert.Equal(weights, project.BringUpToDate(spec));
        Assert.Equal("3", Lock(project).Find(TrainingLock.Certainty, 0, "outside_images"));

        void Foreign(string name)
        {
            project.AddPicture($"../foreign/{name}", new SKColor(20, 30, (byte)(200 + name[0] % 50)));
        }
    }

    [Fact]
    public void An_evaluation_has_how_many_answers_are_certain()
    {
        using TinyProject project = Project();
        SpecSource spec = project.Read(Validated, Predict("calibrate = true\naccept = 0.2"));
        project.Train(spec);
        TrainingLock written = Lock(project);
        var images = TinyProject.List(spec);
        using var scope = NewDisposeScope();

        var evaluation = FineTune.Training.Stages.TestPass.Run(spec, project.Output, images, CPU, project.Cache, new RecordingLog(), CancellationToken.None);
        Certainty certainty = TrainedWeights.CertaintyOf(project.Output, spec);
        using JsonDocument json = JsonDocument.Parse(FineTune.Training.Evaluators.EvaluationReport.Json([("evaluate", evaluation)], certainty));

        JsonElement certain = json.RootElement[0].GetProperty("certain");
        Assert.Equal(Number(written, "threshold"), certain.GetProperty("threshold").GetDouble(), 1e-6);
        Assert.Equal(certain.GetProperty("images").GetInt32() / 80.0, certain.GetProperty("coverage").GetDouble(), 1e-12);
        Assert.NotEqual(evaluation.Loss, json.RootElement[0].GetProperty("loss").GetDouble());
    }

    /// <summary>Every fifth picture is of the other class, so that no network answers all of them correctly.</summary>
    private static TinyProject Project()
    {
        var project = new TinyProject(images: 40);
        for (int i = 0; i < 40; i += 5)
        {
            project.AddPicture($"Red-Sky/{i:00}.png", new SKColor(20, (byte)(200 + i), (byte)(3 * i + 1)));
            project.AddPicture($"green_sea/deep/{i:00}.png", new SKColor((byte)(200 + i), (byte)(3 * i + 1), 20));
        }
        return project;
    }

    private static (string, string) Predict(string words) => ("[[stage]]\nname = \"warm-up\"", $"[predict]\n{words}\n\n[[stage]]\nname = \"warm-up\"");

    private static TrainingLock Lock(TinyProject project) => TrainingLock.Read(File.ReadAllText(project.Lock), project.Lock).Value!;

    private static double Number(TrainingLock known, string key) => double.Parse(known.Find(TrainingLock.Certainty, 0, key)!, CultureInfo.InvariantCulture);
}
