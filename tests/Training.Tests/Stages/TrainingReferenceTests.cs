using System.Text.Json;
using FineTune.Native;
using FineTune.Training.Evaluators;
using FineTune.Training.Stages;
using ModelSpec.Plans;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Training.Tests.Stages;

/// <summary>Optimizers, schedules, losses and reports against PyTorch and scikit-learn.</summary>
public class TrainingReferenceTests
{
    private static readonly JsonElement Expected = Reference.Read("training_reference.json");

    static TrainingReferenceTests() => NativeLibraries.Load();

    public static TheoryData<string> Optimizers => [.. Expected.GetProperty("optimizers").EnumerateObject().Select(static o => o.Name)];

    public static TheoryData<string> Schedules => [.. Expected.GetProperty("schedules").EnumerateObject().Select(static s => s.Name)];

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void An_optimizer_does_what_PyTorchs_does(string words)
    {
        Stage stage = ReadStage($"{words}\nlearning_rate = 0.05");
        using var p = new Parameter(tensor([0.5f, -1.25f, 2.0f, 0.0f]));
        using Tensor target = tensor([1.0f, 0.5f, -0.75f, 3.0f]), factors = tensor([1.0f, 10.0f, 0.1f, 2.0f]);
        using optim.Optimizer optimizer = FineTune.Training.Stages.Optimizers.Create(stage.Optimizer, [new RateGroup(1, [p])]);

        foreach (JsonElement step in Expected.GetProperty("optimizers").GetProperty(words).EnumerateArray())
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor loss = p.sub(target).square().mul(factors).sum();
            optimizer.zero_grad();
            loss.backward();
            if (stage.Regularization.ClipNorm is { } norm) nn.utils.clip_grad_norm_([p], norm);
            optimizer.step();
            float[] values = p.data<float>().ToArray();
            for (int i = 0; i < values.Length; i++) Assert.Equal(step[i].GetDouble(), values[i], 2e-6);
        }
    }

    [Theory]
    [MemberData(nameof(Schedules))]
    public void A_schedule_does_what_PyTorchs_does(string words)
    {
        Stage stage = ReadStage($"optimizer = \"sgd\"\nlearning_rate = 0.1\n{words}", epochs: 8);

        double[] expected = [.. Expected.GetProperty("schedules").GetProperty(words).EnumerateArray().Select(static x => x.GetDouble())];
        for (int epoch = 1; epoch <= 8; epoch++) Assert.Equal(expected[epoch - 1], stage.Schedule.LearningRate(epoch, 8, 0.1), 1e-12);
    }

    [Fact]
    public void A_warm_up_rises_linearly_and_the_schedule_begins_behind_it()
    {
        Stage stage = ReadStage("optimizer = \"sgd\"\nlearning_rate = 0.1\nschedule = \"cosine\"\nwarmup_epochs = 3", epochs: 11);

        double[] rates = [.. Enumerable.Range(1, 11).Select(epoch => stage.Schedule.LearningRate(epoch, 11, 0.1))];

        Assert.Equal([0.025, 0.05, 0.075], rates[..3].Select(static r => Math.Round(r, 12)));
        double[] cosine = [.. Expected.GetProperty("schedules").GetProperty("schedule = \"cosine\"").EnumerateArray().Select(static x => x.GetDouble())];
        for (int i = 0; i < 8; i++) Assert.Equal(cosine[i], rates[3 + i], 1e-12);
    }

    [Fact]
    public void Label_smoothing_and_class_weights_enter_the_loss_as_in_PyTorch()
    {
        using Tensor logits = tensor([2.0f, -1.0f, 0.5f, 0.1f, 0.2f, 0.3f, -2.0f, 0.0f, 1.0f, 1.0f, 1.0f, -1.0f], [4, 3]);
        using Tensor labels = tensor([0L, 2, 1, 0]), weights = tensor([0.5f, 2.0f, 1.0f]);
        JsonElement expected = Expected.GetProperty("cross_entropy");

        Reference.Close(expected.GetProperty("plain").GetDouble(), nn.functional.cross_entropy(logits, labels).item<float>(), 1e-6);
        Reference.Close(expected.GetProperty("smoothing").GetDouble(), nn.functional.cross_entropy(logits, labels, label_smoothing: 0.1).item<float>(), 1e-6);
        Reference.Close(expected.GetProperty("balanced").GetDouble(), nn.functional.cross_entropy(logits, labels, weights, label_smoothing: 0.1).item<float>(), 1e-6);
    }

    [Fact]
    public void Balanced_classes_weigh_as_scikit_learn_has_it()
    {
        JsonElement balanced = Expected.GetProperty("balanced_weights");

        float[] weights = ClassWeights.Balanced(Longs(balanced.GetProperty("labels")), 4);

        double[] expected = [.. balanced.GetProperty("weights").EnumerateArray().Select(static w => w.GetDouble())];
        for (int i = 0; i < 4; i++) Reference.Close(expected[i], weights[i], 1e-6);
    }

    [Fact]
    public void The_report_is_that_of_scikit_learn_to_the_letter()
    {
        JsonElement report = Expected.GetProperty("report");
        ConfusionMatrix confusion = Confusion(report);

        Assert.Equal(report.GetProperty("text").GetString(), confusion.Report());
    }

    [Fact]
    public void The_report_as_JSON_has_the_names_and_numbers_of_scikit_learn()
    {
        JsonElement report = Expected.GetProperty("report");
        using JsonDocument document = JsonDocument.Parse(EvaluationReport.Json([("s", new Evaluation(Confusion(report), 0.5))]));
        JsonElement own = document.RootElement[0];

        Assert.Equal(0.5, own.GetProperty("loss").GetDouble());
        Assert.Equal(Compact(report.GetProperty("confusion")), Compact(own.GetProperty("confusion_matrix")));
        foreach (JsonProperty entry in report.GetProperty("numbers").EnumerateObject())
        {
            JsonElement value = own.GetProperty("report").GetProperty(entry.Name);
            if (entry.Name == "accuracy")
            {
                Assert.Equal(entry.Value.GetDouble(), value.GetDouble(), 1e-12);
                continue;
            }
            foreach (JsonProperty number in entry.Value.EnumerateObject())
            {
                Assert.Equal(number.Value.GetDouble(), value.GetProperty(number.Name).GetDouble(), 1e-12);
            }
        }
    }

    [Fact]
    public void Of_many_classes_the_report_has_the_most_frequent_confusions_and_no_table()
    {
        string[] classes = [.. Enumerable.Range(0, 21).Select(static c => $"class-{c}")];
        long[] truth = [.. Enumerable.Range(0, 42).Select(static i => (long)i / 2)];
        long[] answers = [.. truth];
        // Both images of class 3, and one of class 5.
        (answers[6], answers[7], answers[10]) = (4, 4, 9);

        string text = EvaluationReport.Text(new ConfusionMatrix(classes, truth, answers));

        Assert.DoesNotContain("confusion matrix", text, StringComparison.Ordinal);
        Assert.EndsWith("\n    2 of 2 class-3 as class-4\n    1 of 2 class-5 as class-9\n", text, StringComparison.Ordinal);
    }

    private static ConfusionMatrix Confusion(JsonElement report) => new(
        [.. report.GetProperty("names").EnumerateArray().Select(static n => n.GetString()!)],
        Longs(report.GetProperty("truth")), Longs(report.GetProperty("answers")));

    private static long[] Longs(JsonElement array) => [.. array.EnumerateArray().Select(static x => x.GetInt64())];

    private static string Compact(JsonElement element) => JsonSerializer.Serialize(element);

    private static Stage ReadStage(string words, int epochs = 3)
    {
        using var project = new TinyProject(images: 1);
        string spec = TinyProject.Spec[..TinyProject.Spec.IndexOf("[[stage]]", StringComparison.Ordinal)];
        project.Write("one.modelspec", $"{spec}\n[[stage]]\nname = \"s\"\nepochs = {epochs}\n{words}\n");
        var (source, diagnostics) = FineTune.Training.SpecSource.Read(project["one.modelspec"], [project["tiny.backbone"]]);
        Assert.Empty(diagnostics);
        return source!.Plan.Stages[0];
    }
}
