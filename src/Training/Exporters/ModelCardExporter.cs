using System.Globalization;
using System.Text;
using System.Text.Json;
using FineTune.Pipeline;
using FineTune.Training.Exporters.Report;
using FineTune.Training.Statistics;

namespace FineTune.Training.Exporters;

/// <summary>
/// A model card: Markdown for people, with the front matter that Hugging Face reads (<see href="https://huggingface.co/docs/hub/model-cards"/>).
/// It has facts only; what a model is for and where it must not be used is for its authors to say.
/// </summary>
internal sealed class ModelCardExporter : IModelExporter
{
    /// <summary>What it is called.</summary>
    public const string Word = "model-card";

    private const string License = "license";

    /// <inheritdoc />
    public string Name => Word;

    /// <inheritdoc />
    public int Revision => 1;

    /// <inheritdoc />
    public IReadOnlyList<PartParameter> Parameters => [PartParameter.Text(License, "")];

    /// <inheritdoc />
    public IReadOnlyList<string> Outputs(string specName, PartValues values) => [$"{specName}.model-card.md"];

    /// <inheritdoc />
    public void Export(ExportContext context)
    {
        AnswerTable? answers = context.TestAnswers() is { } known ? new AnswerTable(known, context.Classes) : null;
        double? accuracy = answers?.Confusion.Accuracy ?? (context.Training.Stages.Count == 0 ? null : context.Training.Stages[^1].TestAccuracy);
        var card = new StringBuilder();
        FrontMatter(card, context, accuracy);
        Describe(card, context);
        Evaluate(card, context, answers, accuracy);
        byte[] text = Encoding.UTF8.GetBytes(card.ToString());
        using Stream file = context.Create(Outputs(context.SpecName, context.Values)[0]);
        file.Write(text);
    }

    private static void FrontMatter(StringBuilder card, ExportContext context, double? accuracy)
    {
        TrainingRecord training = context.Training;
        string license = context.Values.Text(License);
        card.Append("---\n");
        if (license.Length > 0) Line($"license: {Yaml(license)}");
        Line("library_name: finetune-build");
        Line("pipeline_tag: image-classification");
        Line("tags:\n- image-classification");
        if (training.Backbone.Length > 0) Line($"- {Yaml(training.Backbone)}");
        if (training.PretrainedWeights is { } weights) Line($"base_model: {Yaml(weights)}");
        if (training.Dataset.Length > 0) Line($"datasets:\n- {Yaml(training.Dataset)}");
        Line("metrics:\n- accuracy");
        if (accuracy is { } share)
        {
            Line($"""
                model-index:
                - name: {Yaml(context.Model.Name)}
                  results:
                  - task:
                      type: image-classification
                    dataset:
                      name: {Yaml(training.Dataset)}
                      type: {Yaml(training.Dataset)}
                      split: test
                    metrics:
                    - type: accuracy
                      value: {Number(share, "0.######")}
                """);
        }
        Line("---\n");

        void Line(string text) => card.Append(text).Append('\n');
    }

    private static void Describe(StringBuilder card, ExportContext context)
    {
        TrainingRecord training = context.Training;
        card.Append(CultureInfo.InvariantCulture, $"""
            # {Text(context.Model.Name)}

            An image classifier of {context.Classes.Count} classes with {training.Layers.Sum(static layer => layer.Parameters):N0} parameters. Its input is an
            image of {context.Model.InputHeight} × {context.Model.InputWidth} pixels.

            | | |
            | --- | --- |

            """);
        Row("classes", string.Join(", ", context.Classes));
        Row("backbone", training.Backbone);
        Row("pretrained weights", training.PretrainedWeights ?? "none");
        Row("published at", training.PretrainedUrl);
        Row("dataset", training.Dataset);
        foreach (string part in (string[])["train", "validation", "test"]) Row($"{part} images", training.Find("split", part));
        if (training.Find("cross_validation", "folds") is { } folds)
        {
            Row("cross-validation of the first stage", $"accuracy {training.Find("cross_validation", "accuracy")}, standard deviation {training.Find("cross_validation", "deviation")} over {folds} folds");
        }
        Row("weights", context.Model.Digest);
        Row("fingerprint of the training", context.Model.Fingerprint);
        card.Append("\n## Training\n\n| stage | epochs | batch | optimizer | learning rate | trained parameters | test accuracy |\n| --- | ---: | ---: | --- | ---: | ---: | ---: |\n");
        foreach (TrainedStage stage in training.Stages)
        {
            string accuracy = stage.TestAccuracy is { } share ? Percent(share) : "";
            int epochs = stage.History.Count > 0 ? stage.History[^1].Epoch : stage.Epochs;
            card.Append(CultureInfo.InvariantCulture, $"| {Text(stage.Name)} | {epochs} | {stage.BatchSize} | {stage.Optimizer} | {stage.LearningRate} | {stage.Parameters:N0} | {accuracy} |\n");
        }

        void Row(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value)) card.Append("| ").Append(name).Append(" | ").Append(Text(value)).Append(" |\n");
        }
    }

    private static void Evaluate(StringBuilder card, ExportContext context, AnswerTable? answers, double? accuracy)
    {
        card.Append("\n## Evaluation\n\n");
        if (answers is null)
        {
            card.Append(accuracy is { } share ? $"Test accuracy: {Percent(share)}.\n" : "No evaluation is recorded.\n");
            return;
        }
        var interval = WilsonInterval.Of(answers.Confusion.Correct, answers.Confusion.Count);
        card.Append(CultureInfo.InvariantCulture,
            $"Test accuracy: {Percent(answers.Confusion.Accuracy)} ({answers.Confusion.Correct} of {answers.Confusion.Count} images; 95% Wilson interval {Percent(interval.Low)} to {Percent(interval.High)}).\n\n| class | precision | recall | F1 | test images |\n| --- | ---: | ---: | ---: | ---: |\n");
        for (int i = 0; i < context.Classes.Count; i++)
        {
            Evaluators.ClassScore score = answers.Confusion.Score(i);
            card.Append(CultureInfo.InvariantCulture, $"| {Text(context.Classes[i])} | {score.Precision:0.000} | {score.Recall:0.000} | {score.F1:0.000} | {score.Support} |\n");
        }
    }

    /// <summary>A string of YAML. The strings of JSON are strings of YAML.</summary>
    private static string Yaml(string text) => JsonSerializer.Serialize(text);

    /// <summary>Text in a cell of a table of Markdown: what Markdown or HTML would read as a mark is escaped.</summary>
    private static string Text(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            if (c is '\\' or '|' or '*' or '_' or '`' or '[' or ']' or '#') escaped.Append('\\').Append(c);
            else if (c is '<') escaped.Append("&lt;");
            else if (c is '&') escaped.Append("&amp;");
            else escaped.Append(char.IsControl(c) ? ' ' : c);
        }
        return escaped.ToString();
    }

    private static string Percent(double share) => Number(100 * share, "0.0") + "%";

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
