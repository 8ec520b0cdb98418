using System.Globalization;
using FineTune.Training.Stages;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace FineTune.Training.Terminal;

/// <summary>Trainings as a table with a row for each stage that has begun. Several trainings at a time are told apart by a column with their models.</summary>
/// <param name="hasBlocks">Whether the terminal shows block characters, of which curves are made.</param>
internal sealed class TrainingView(bool hasBlocks)
{
    private const int CurveWidth = 16;

    private readonly List<StageView> _stages = [];

    /// <summary>Takes in the end of an epoch.</summary>
    public void Add(EpochProgress progress)
    {
        StageView stage = Find(progress.Model, progress.Stage);
        stage.Step = null;
        stage.Epoch = progress;
        stage.Losses.Add(progress.Loss);
        stage.Accuracies.Add(progress.ValidationAccuracy ?? progress.Accuracy);
    }

    /// <summary>Takes in how far a step is.</summary>
    public void Add(StepProgress progress) => Find(progress.Model, progress.Stage).Step = progress;

    /// <summary>The table as it is now.</summary>
    public IRenderable Draw()
    {
        Table table = new Table().RoundedBorder();
        bool hasModels = _stages.Exists(stage => stage.Model != _stages[0].Model);
        if (hasModels) table.AddColumn("model");
        foreach (string title in (string[])["stage", "epoch", "loss", "accuracy", "images/s", "left"]) table.AddColumn(title);
        foreach (StageView stage in _stages)
        {
            table.AddRow(
            [
                .. hasModels ? [new Text(stage.Model)] : Array.Empty<IRenderable>(),
                new Text(stage.Name), new Text(Position(stage)), new Text(Curve(stage.Losses, stage.Epoch?.Loss, "0.0000")),
                new Text(Curve(stage.Accuracies, 100 * (stage.Epoch?.ValidationAccuracy ?? stage.Epoch?.Accuracy), "0.0'%'")),
                new Text(Number(stage.Step?.ImagesPerSecond ?? stage.Epoch?.ImagesPerSecond, "0")),
                new Text((stage.Step?.Left ?? stage.Epoch?.Left) is { } left ? ProgressLines.Of(left) : ""),
            ]);
        }
        return table;
    }

    private static string Position(StageView stage) => stage switch
    {
        { Step: { } step } => string.Create(CultureInfo.InvariantCulture, $"{step.What} {step.Done}/{step.All}"),
        { Epoch: { } epoch } => string.Create(CultureInfo.InvariantCulture, $"{epoch.Epoch}/{epoch.Epochs}"),
        _ => "",
    };

    private static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "";

    private string Curve(List<double> values, double? last, string format) =>
        hasBlocks && values.Count > 1 ? $"{Sparkline.Draw(values, CurveWidth)} {Number(last, format)}" : Number(last, format);

    private StageView Find(string model, string name)
    {
        if (_stages.Find(stage => stage.Model == model && stage.Name == name) is { } known) return known;
        var added = new StageView(model, name);
        _stages.Add(added);
        return added;
    }

    private sealed class StageView(string model, string name)
    {
        public string Model => model;

        public string Name => name;

        public EpochProgress? Epoch { get; set; }

        public StepProgress? Step { get; set; }

        public List<double> Losses { get; } = [];

        public List<double> Accuracies { get; } = [];
    }
}
