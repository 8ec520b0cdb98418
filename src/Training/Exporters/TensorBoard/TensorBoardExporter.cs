using FineTune.Pipeline;
using FineTune.Training.Exporters.TensorBoard.Format;

namespace FineTune.Training.Exporters.TensorBoard;

/// <summary>
/// The curves of a training as an event file of TensorBoard. Steps count the epochs of all stages; times are not recorded, so that the same
/// training gives the same bytes.
/// </summary>
internal sealed class TensorBoardExporter : IModelExporter
{
    /// <summary>What it is called.</summary>
    public const string Word = "tensorboard";

    /// <inheritdoc />
    public string Name => Word;

    /// <inheritdoc />
    public int Revision => 1;

    /// <summary>TensorBoard reads each folder as a run, and files in it whose names have <c>tfevents</c> in them.</summary>
    public IReadOnlyList<string> Outputs(string specName, PartValues values) => [$"{specName}.tensorboard/events.out.tfevents.{specName}"];

    /// <inheritdoc />
    public void Export(ExportContext context)
    {
        IReadOnlyList<TrainedStage> stages = context.Training.Stages;
        if (stages.All(static stage => stage.History.Count == 0)) context.Report.Line("the event file is without curves, as no figures of epochs are recorded");
        using Stream file = context.Create(Outputs(context.SpecName, context.Values)[0]);
        var records = new RecordWriter(file);
        records.Write(new Event { FileVersion = "brain.Event:2" });
        int before = 0;
        foreach (TrainedStage stage in stages)
        {
            foreach (TrainedEpoch epoch in stage.History) records.Write(Of(stage, epoch, before));
            before += stage.History.Count == 0 ? stage.Epochs : stage.History[^1].Epoch;
            if (stage.TestAccuracy is { } accuracy) records.Write(Of(before, ("test/accuracy", accuracy), ("test/loss", stage.TestLoss)));
        }
    }

    private static Event Of(TrainedStage stage, TrainedEpoch epoch, int before) => Of(
        before + epoch.Epoch, ($"{stage.Name}/loss", epoch.Loss), ($"{stage.Name}/accuracy", epoch.Accuracy),
        ($"{stage.Name}/validation_loss", epoch.ValidationLoss), ($"{stage.Name}/validation_accuracy", epoch.ValidationAccuracy));

    private static Event Of(int step, params ReadOnlySpan<(string Tag, double? Value)> values)
    {
        var summary = new Summary();
        foreach ((string tag, double? value) in values)
        {
            if (value is { } number) summary.Value.Add(new Summary.Types.Value { Tag = tag, SimpleValue = (float)number });
        }
        return new Event { Step = step, Summary = summary };
    }
}
