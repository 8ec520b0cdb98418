using System.Diagnostics;
using ModelSpec.Plans;

namespace FineTune.Training.Stages;

/// <summary>Logs a stage's epochs; of those that are worth a line, there is at most one per second, and the last one of the stage.</summary>
internal sealed class StageProgress(IProgressLog log, string model, Stage stage, int images)
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _last = TimeSpan.FromSeconds(-1);
    private TimeSpan _lastStep;

    /// <summary>Logs the end of an epoch.</summary>
    public void EpochEnded(int epoch, double loss, double accuracy, Evaluation? validation)
    {
        TimeSpan elapsed = _clock.Elapsed;
        double perSecond = (double)epoch * images / Math.Max(elapsed.TotalSeconds, 1e-9);
        var left = TimeSpan.FromSeconds((double)(stage.Epochs - epoch) * images / perSecond);
        bool isWorthALine = epoch == stage.Epochs || elapsed - _last >= TimeSpan.FromSeconds(1);
        if (isWorthALine) _last = elapsed;
        log.Show(new EpochProgress(model, stage.Name, epoch, stage.Epochs, loss, accuracy, validation?.Accuracy, perSecond, left)
        {
            ValidationLoss = validation?.Loss,
            IsWorthALine = isWorthALine,
        });
    }

    /// <summary>Logs the progress of a long step of a stage every two seconds.</summary>
    public void Step(string what, int done, int all)
    {
        TimeSpan elapsed = _clock.Elapsed;
        if (elapsed - _lastStep < TimeSpan.FromSeconds(2)) return;
        _lastStep = elapsed;
        double perSecond = done / Math.Max(elapsed.TotalSeconds, 1e-9);
        log.Show(new StepProgress(model, stage.Name, what, done, all, perSecond, TimeSpan.FromSeconds((all - done) / perSecond)));
    }
}
