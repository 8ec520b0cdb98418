namespace FineTune.Training.Stages;

/// <summary>Where a stage is after an epoch.</summary>
/// <param name="Model">The name of the class that is trained.</param>
/// <param name="Stage">The name of the stage.</param>
/// <param name="Epoch">The epoch that has ended, from 1.</param>
/// <param name="Epochs">How many the stage has.</param>
/// <param name="Loss">The mean loss of the epoch's training images.</param>
/// <param name="Accuracy">Their share of right answers, in [0, 1].</param>
/// <param name="ValidationAccuracy">That of the validation images, or null where there are none.</param>
/// <param name="ImagesPerSecond">Training images a second, on average since the stage began.</param>
/// <param name="Left">How long the stage will still take.</param>
internal sealed record EpochProgress(
    string Model, string Stage, int Epoch, int Epochs, double Loss, double Accuracy, double? ValidationAccuracy, double ImagesPerSecond, TimeSpan Left)
{
    /// <summary>The mean loss of the validation images, or null where there are none.</summary>
    public double? ValidationLoss { get; init; }

    /// <summary>Whether a log that can only print lines prints one for this epoch: short epochs would be many lines a second.</summary>
    public bool IsWorthALine { get; init; } = true;
}

/// <summary>Where a long step within a stage is, such as the pass of all images through the frozen layers.</summary>
/// <param name="Model">The name of the class that is trained.</param>
/// <param name="Stage">The name of the stage.</param>
/// <param name="What">What the step does.</param>
/// <param name="Done">How many images are done.</param>
/// <param name="All">How many there are.</param>
/// <param name="ImagesPerSecond">Images a second since the stage began.</param>
/// <param name="Left">How long the step will still take.</param>
internal sealed record StepProgress(string Model, string Stage, string What, int Done, int All, double ImagesPerSecond, TimeSpan Left);
