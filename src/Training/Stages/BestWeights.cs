using FineTune.Training.Checkpoints;
using static TorchSharp.torch;

namespace FineTune.Training.Stages;

/// <summary>Keeps the weights of the epoch with the lowest validation loss, and decides when to stop.</summary>
/// <param name="state">The tensors that the stage changes.</param>
/// <param name="patience">The number of epochs without improvement after which the stage stops.</param>
/// <param name="soFar">The best epoch of an interrupted run, or null.</param>
internal sealed class BestWeights(IReadOnlyDictionary<string, Tensor> state, int patience, BestSoFar? soFar)
{
    /// <summary>The best epoch so far; null before the first.</summary>
    public BestSoFar? SoFar { get; private set; } = soFar;

    /// <summary>Whether the loss has not improved for as many epochs as the patience allows.</summary>
    public bool IsOver => SoFar is not null && SoFar.EpochsSince >= patience;

    /// <summary>Compares an epoch's validation loss with the best one.</summary>
    public void Add(int epoch, double validationLoss) => SoFar = SoFar is null || validationLoss < SoFar.Loss || double.IsNaN(SoFar.Loss)
        ? new BestSoFar(epoch, validationLoss, 0, TensorBytes.Of(state))
        : SoFar with { EpochsSince = SoFar.EpochsSince + 1 };

    /// <summary>Restores the best weights.</summary>
    public void Restore()
    {
        if (SoFar is not null) TensorBytes.Fill(state, SoFar.State);
    }
}
