using FineTune.Pipeline;
using FineTune.Training;
using FineTune.Training.Evaluators;
using FineTune.Training.Plugins;
using ModelSpec.Diagnostics;

namespace Training.Tests.Plugins;

public class EvaluatorTests
{
    private static readonly (string Old, string New) Top = ("[[stage]]\nname = \"warm-up\"", "[[evaluator]]\nname = \"top\"\ncount = 1\n\n[[stage]]\nname = \"warm-up\"");

    [Fact]
    public void An_evaluator_runs_once_after_training_and_leaves_its_figures_text_and_files()
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read(PluginCompiler.WithTestPlugin(), Top);
        var log = new RecordingLog();

        project.Train(spec, log);
        var again = new RecordingLog();
        project.BringUpToDate(spec, again);

        Assert.Single(log.Lines, static line => line.EndsWith(": 8 answers", StringComparison.Ordinal));
        Assert.Single(log.Lines, static line => line.StartsWith("TinyClassifier: top: top ", StringComparison.Ordinal));
        Assert.Contains("\"top\": ", File.ReadAllText(project["tiny.evaluation/top.json"]), StringComparison.Ordinal);
        Assert.StartsWith("top: ", File.ReadAllText(project["tiny.evaluation/top.txt"]), StringComparison.Ordinal);
        Assert.Equal(8, File.ReadAllLines(project["tiny.evaluation/top/names.txt"]).Length);
        Assert.StartsWith("TinyClassifier: up to date", Assert.Single(again.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_evaluator_runs_alone_without_training()
    {
        using var project = new TinyProject();
        byte[] weights = project.Train(project.Read(PluginCompiler.WithTestPlugin(), Top));
        string text = File.ReadAllText(project.Lock);
        var log = new RecordingLog();

        byte[] after = project.BringUpToDate(project.Read(PluginCompiler.WithTestPlugin(), Top, ("count = 1", "count = 2")), log);

        Assert.Equal(weights, after);
        Assert.Equal(text, File.ReadAllText(project.Lock));
        Assert.Contains("TinyClassifier: top: top 1", log.Lines);
        Assert.DoesNotContain(log.Lines, static line => line.Contains("trains", StringComparison.Ordinal) || line.Contains("decoded", StringComparison.Ordinal));
    }

    [Fact]
    public void An_evaluator_that_is_added_later_runs_on_answers_that_are_computed_again_where_the_cache_has_none()
    {
        using var project = new TinyProject();
        project.Train(project.Read());
        Directory.Delete(Path.Combine(project.Cache, "answers"), recursive: true);
        var log = new RecordingLog();

        project.BringUpToDate(project.Read(PluginCompiler.WithTestPlugin(), Top), log);

        Assert.Contains(log.Lines, static line => line.EndsWith(": 8 answers", StringComparison.Ordinal));
        Assert.DoesNotContain(log.Lines, static line => line.Contains("trains", StringComparison.Ordinal));
    }

    [Fact]
    public void What_an_evaluator_found_is_put_back_where_its_files_are_missing()
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read(PluginCompiler.WithTestPlugin(), Top);
        project.Train(spec);
        byte[] figures = File.ReadAllBytes(project["tiny.evaluation/top.json"]);
        Directory.Delete(project["tiny.evaluation"], recursive: true);
        Directory.Delete(Path.Combine(project.Cache, "answers"), recursive: true);

        project.BringUpToDate(spec);

        Assert.Equal(figures, File.ReadAllBytes(project["tiny.evaluation/top.json"]));
    }

    [Fact]
    public void An_evaluator_that_throws_is_an_error_that_names_it_and_the_weights_stay()
    {
        using var folder = new TemporaryFolder();
        using var project = new TinyProject();
        string plugin = PluginCompiler.Plugin(
            folder, "Other", "pipeline.Add(new E());", PluginCompiler.Evaluator("E", "other", "throw new FormatException(\"No.\");"));
        SpecSource spec = project.Read(PluginCompiler.Load($"{plugin}|evaluator:other"), ("[[stage]]\nname = \"warm-up\"", "[[evaluator]]\nname = \"other\"\n\n[[stage]]\nname = \"warm-up\""));

        Diagnostic diagnostic = Assert.Throws<FineTune.Training.Diagnostics.TrainingException>(() => project.Train(spec)).Diagnostic;

        Assert.Equal("MSPEC3057", diagnostic.Descriptor.Code);
        Assert.Contains("evaluator 'other' of the plugin Other.dll", diagnostic.Message, StringComparison.Ordinal);
        Assert.Equal((18, 8), (diagnostic.Span.Line, diagnostic.Span.Column));
        Assert.True(File.Exists(project.Output) && File.Exists(project.Lock));
    }

    [Fact]
    public void A_full_disk_is_not_a_fault_of_the_evaluator()
    {
        using var folder = new TemporaryFolder();
        using var project = new TinyProject();
        string body = $"throw new System.IO.IOException(\"No space.\", {(OperatingSystem.IsWindows() ? "unchecked((int)0x80070070)" : "28")});";
        string plugin = PluginCompiler.Plugin(folder, "Other", "pipeline.Add(new E());", PluginCompiler.Evaluator("E", "other", body));
        SpecSource spec = project.Read(PluginCompiler.Load($"{plugin}|evaluator:other"), ("[[stage]]\nname = \"warm-up\"", "[[evaluator]]\nname = \"other\"\n\n[[stage]]\nname = \"warm-up\""));

        Diagnostic diagnostic = Assert.Throws<FineTune.Training.Diagnostics.TrainingException>(() => project.Train(spec)).Diagnostic;

        Assert.Equal("MSPEC3070", diagnostic.Descriptor.Code);
        Assert.Equal((18, 8), (diagnostic.Span.Line, diagnostic.Span.Column));
    }

    [Fact]
    public void A_file_of_an_evaluator_cannot_be_outside_its_folder()
    {
        using var folder = new TemporaryFolder();
        using var project = new TinyProject();
        string body = "return new EvaluatorResult(new KeyValuePair<string, double>[0], \"\", new[] { new KeyValuePair<string, ReadOnlyMemory<byte>>(\"../x\", new byte[1]) });";
        string plugin = PluginCompiler.Plugin(folder, "Other", "pipeline.Add(new E());", PluginCompiler.Evaluator("E", "other", body));
        SpecSource spec = project.Read(PluginCompiler.Load($"{plugin}|evaluator:other"), ("[[stage]]\nname = \"warm-up\"", "[[evaluator]]\nname = \"other\"\n\n[[stage]]\nname = \"warm-up\""));

        Diagnostic diagnostic = Assert.Throws<FineTune.Training.Diagnostics.TrainingException>(() => project.Train(spec)).Diagnostic;

        Assert.Equal("MSPEC3059", diagnostic.Descriptor.Code);
        Assert.False(File.Exists(project["x"]));
    }

    [Fact]
    public void The_built_in_report_has_the_figures_of_its_logits()
    {
        // Two of three are right; of the losses -ln softmax, with logits ±ln 3: ln 4/3, ln 4/3 and ln 4.
        float far = (float)Math.Log(3);
        var result = new ReportEvaluator().Evaluate(new EvaluateContext
        {
            Folder = "/",
            Classes = ["a", "b"],
            Values = PartValues.Empty,
            Report = null!,
            Cancellation = TestContext.Current.CancellationToken,
            Images = ["1", "2", "3"],
            Labels = [0, 1, 1],
            Logits = new[] { far, 0, 0, far, far, 0 },
        });

        Assert.Equal(["accuracy", "loss", "macro_f1"], result.Figures.Select(static figure => figure.Key));
        Assert.Equal(2.0 / 3, result.Figures[0].Value, 1e-12);
        Assert.Equal((2 * Math.Log(4.0 / 3) + Math.Log(4)) / 3, result.Figures[1].Value, 1e-6);
        Assert.Equal(2.0 / 3, result.Figures[2].Value, 1e-12);
        Assert.Contains("confusion matrix", result.Text, StringComparison.Ordinal);
    }
}
