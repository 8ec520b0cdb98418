namespace FineTune.Training.Locks;

/// <summary>The revision of the training code, which locks and fingerprints contain instead of the program's version.</summary>
internal static class TrainingSemantics
{
    /// <summary>
    /// Increase it with every change after which the same spec, data and libtorch give different weights: pixels, augmentation, order, loss,
    /// optimizers. Weights of a lower revision are then out of date. A release without such a change leaves all locks valid.
    /// </summary>
    public const int Revision = 3;
}
