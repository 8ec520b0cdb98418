using System.Globalization;
using FineTune.Training.Stages;

namespace FineTune.Training.Following;

/// <summary>What a training does and how long it takes, as text.</summary>
internal static class TrainingOutline
{
    /// <summary>The stages with their epochs, the images and the device.</summary>
    public static string Of(Began began) => string.Create(CultureInfo.InvariantCulture,
        $"{string.Join(", ", began.Stages.Select(static stage => $"{stage.Name} ({stage.Epochs} {(stage.Epochs == 1 ? "epoch" : "epochs")})"))} of {began.Images} images on {began.Device} in {began.Precision}");

    /// <summary>
    /// The line at the start of a training that says what trains, how long that takes as far as is known, and how to follow it. MSBuild's terminal logger
    /// shows a message of a task at once only if it contains <c>--interactive</c>; the command has that option.
    /// </summary>
    /// <param name="began">What is trained.</param>
    /// <param name="last">The last training of the same weights that ended, or null.</param>
    /// <param name="command">The command that follows it.</param>
    public static string Announce(Began began, PastTraining? last, string command) =>
        $"{began.Model}: training {Of(began)}; {Duration(began, last)}. Follow it with: {command} --interactive";

    /// <summary>The line at the end of a training, which is shown at once for the same reason.</summary>
    /// <param name="model">The name of the class.</param>
    /// <param name="time">How long it took.</param>
    /// <param name="accuracy">The test accuracy, in [0, 1].</param>
    /// <param name="report">The address of a report that was written, or null.</param>
    /// <param name="command">The command that shows its epochs.</param>
    public static string Conclude(string model, TimeSpan time, double accuracy, string? report, string command) => string.Create(CultureInfo.InvariantCulture,
        $"{model}: trained in {ProgressLines.Of(time)}, test accuracy {100 * accuracy:0.00}%{(report is null ? "" : $", report {report}")}. Its epochs: {command} --last --interactive");

    private static string Duration(Began began, PastTraining? last)
    {
        if (last is not { IsWhole: true, Ended: { Outcome: TrainingOutcome.Trained } ended }) return "the first epochs will show how long it takes";
        string time = ProgressLines.Of(TimeSpan.FromSeconds(ended.Seconds));
        return began.IsAsLongAs(last.Began)
            ? $"it took {time} the last time"
            : $"the last training took {time} with {Of(last.Began)}";
    }
}
