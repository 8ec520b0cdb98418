namespace FineTune.Training.Locks;

/// <summary>What a training does with a spec and its data, as a number that locks and fingerprints carry in place of the program's version.</summary>
internal static class TrainingSemantics
{
    /// <summary>
    /// Raise it with every change after which the same spec, data and libtorch train other weights: pixels, augmentation, order, loss,
    /// optimizers. Weights of a lower revision are then out of date; a release that changes none of that leaves all locks as they are.
    /// </summary>
    public const int Revision = 2;
}
