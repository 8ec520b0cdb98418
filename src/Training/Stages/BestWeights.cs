using FineTune.Training.Checkpoints;
using static TorchSharp.torch;

namespace FineTune.Training.Stages;

/// <summary>Keeps the weights of the epoch with the lowest validation loss, and says when it is time to stop.</summary>
/// <param name="state">The tensors that the stage changes.</param>
/// <param name="patience">The epochs without improvement after which it is time.</param>
/// <param name="soFar">What an interrupted run had kept, or null.</param>
internal sealed class BestWeights(IReadOnlyDictionary<string, Tensor> state, int patience, BestSoFar? soFar)
{
    /// <summary>The best epoch so far; null before the first.</summary>
    public BestSoFar? SoFar { get; private set; } = soFar;

    /// <summary>Whether the loss has not improved for as many epochs as the patience allows.</summary>
    public bool IsOver => SoFar is not null && SoFar.EpochsSince >= patience;

    /// <summary>Looks at an epoch's validation loss.</summary>
    public void Add(int epoch, double validationLoss) => SoFar = SoFar is null || validationLoss < SoFar.Loss || double.IsNaN(SoFar.Loss)
        ? new BestSoFar(epoch, validationLoss, 0, TensorBytes.Of(state))
        : SoFar with { EpochsSince = SoFar.EpochsSince + 1 };

    /// <summary>Puts the kept weights back.</summary>
    public void Restore()
    {
        if (SoFar is not null) TensorBytes.Fill(state, SoFar.State);
    }
}
