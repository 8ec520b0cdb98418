using System.Diagnostics;
using System.Globalization;
using ModelSpec.Plans;

namespace FineTune.Training.Stages;

/// <summary>Logs a stage's epochs: at most one line per second, and one for the last epoch.</summary>
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
        if (log.Show(new EpochProgress(stage.Name, epoch, stage.Epochs, loss, accuracy, validation?.Accuracy, perSecond, left))) return;
        if (epoch < stage.Epochs && elapsed - _last < TimeSpan.FromSeconds(1)) return;
        _last = elapsed;
        string onValidation = validation is null
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $"validation loss {validation.Loss:0.0000}, accuracy {100 * validation.Accuracy:0.0}%, ");
        log.Line(string.Create(CultureInfo.InvariantCulture,
            $"{model}: {stage.Name} epoch {epoch}/{stage.Epochs}, loss {loss:0.0000}, accuracy {100 * accuracy:0.0}%, {onValidation}{perSecond:0} images/s, {Show(left)} left"));
    }

    /// <summary>Logs the progress of a long step of a stage every two seconds.</summary>
    public void Step(string what, int done, int all)
    {
        TimeSpan elapsed = _clock.Elapsed;
        if (elapsed - _lastStep < TimeSpan.FromSeconds(2)) return;
        _lastStep = elapsed;
        double perSecond = done / Math.Max(elapsed.TotalSeconds, 1e-9);
        var left = TimeSpan.FromSeconds((all - done) / perSecond);
        if (log.Show(new StepProgress(stage.Name, what, done, all, perSecond, left))) return;
        log.Line(string.Create(CultureInfo.InvariantCulture,
            $"{model}: {stage.Name} {what} {done}/{all}, {perSecond:0} images/s, {Show(left)} left"));
    }

    public static string Show(TimeSpan time) => time.ToString(time.TotalHours >= 1 ? @"h\:mm\:ss" : @"m\:ss", CultureInfo.InvariantCulture);
}
