using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune.Training.Checkpoints;

/// <summary>
/// The state of an unfinished stage, read from a checkpoint: everything that its next epoch depends on. Random numbers are not part of it: they
/// depend on seed, stage and epoch alone.
/// </summary>
/// <param name="Epoch">The number of finished epochs.</param>
/// <param name="State">The tensors that the stage changes, by state-dict key.</param>
/// <param name="Best">The best epoch so far, with early stopping.</param>
/// <param name="Optimizer">The optimizer's state.</param>
internal sealed record Checkpoint(int Epoch, IReadOnlyDictionary<string, byte[]> State, BestSoFar? Best, SavedOptimizer Optimizer)
{
    /// <summary>Puts the state back.</summary>
    public void Restore(IReadOnlyDictionary<string, Tensor> state, OptimizerHelper optimizer)
    {
        TensorBytes.Fill(state, State);
        Optimizer.Restore(optimizer);
    }
}

/// <summary>The position of an optimizer's state in a file, in TorchSharp's format. It may be larger than an array can be.</summary>
/// <param name="Path">The checkpoint.</param>
/// <param name="Position">The position at which the state begins.</param>
internal sealed record SavedOptimizer(string Path, long Position)
{
    /// <summary>Puts the state back.</summary>
    public void Restore(OptimizerHelper optimizer)
    {
        using FileStream file = File.OpenRead(Path);
        file.Position = Position;
        using var reader = new BinaryReader(file);
        optimizer.load_state_dict(reader);
    }
}

/// <summary>The epoch with the lowest validation loss so far.</summary>
/// <param name="Epoch">The epoch, from 1.</param>
/// <param name="Loss">Its validation loss.</param>
/// <param name="EpochsSince">The number of epochs without improvement since then.</param>
/// <param name="State">Its weights.</param>
internal sealed record BestSoFar(int Epoch, double Loss, int EpochsSince, IReadOnlyDictionary<string, byte[]> State);
