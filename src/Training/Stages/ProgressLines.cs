using System.Globalization;

namespace FineTune.Training.Stages;

/// <summary>Where a training is as lines of text, for logs that show nothing else.</summary>
internal static class ProgressLines
{
    /// <summary>The line of an epoch.</summary>
    public static string Of(EpochProgress progress)
    {
        string onValidation = progress is { ValidationLoss: { } loss, ValidationAccuracy: { } accuracy }
            ? string.Create(CultureInfo.InvariantCulture, $"validation loss {loss:0.0000}, accuracy {100 * accuracy:0.0}%, ")
            : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"{progress.Model}: {progress.Stage} epoch {progress.Epoch}/{progress.Epochs}, loss {progress.Loss:0.0000}, accuracy {100 * progress.Accuracy:0.0}%, {onValidation}{progress.ImagesPerSecond:0} images/s, {Of(progress.Left)} left");
    }

    /// <summary>The line of a step.</summary>
    public static string Of(StepProgress progress) => string.Create(CultureInfo.InvariantCulture,
        $"{progress.Model}: {progress.Stage} {progress.What} {progress.Done}/{progress.All}, {progress.ImagesPerSecond:0} images/s, {Of(progress.Left)} left");

    /// <summary>A time as <c>minutes:seconds</c>, with hours where there are any.</summary>
    public static string Of(TimeSpan time) => time.ToString(time.TotalHours >= 1 ? @"h\:mm\:ss" : @"m\:ss", CultureInfo.InvariantCulture);
}
