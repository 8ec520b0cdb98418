using ModelSpec.Language;
using ModelSpec.Layers;

namespace ModelSpec.Plans;

/// <summary>A training stage with its freeze range resolved.</summary>
/// <param name="Name">Its name in progress messages.</param>
/// <param name="Frozen">The indices of the frozen layers, ascending.</param>
/// <param name="Epochs">How many times the training images are used.</param>
/// <param name="BatchSize">Images per step.</param>
/// <param name="Optimizer">The optimizer, with the learning rate of the head.</param>
/// <param name="BackboneRates">The learning rates of the backbone's layers.</param>
/// <param name="Schedule">The learning rate of each epoch.</param>
/// <param name="Regularization">Limits overfitting and the size of steps.</param>
/// <param name="EarlyStopping">When it ends early, or null.</param>
/// <param name="Shards">The fixed parts of a batch whose gradients are computed one by one and summed as a binary tree; null for whole batches.</param>
public sealed record Stage(
    string Name, EquatableArray<int> Frozen, int Epochs, int BatchSize, Optimizer Optimizer, BackboneRates BackboneRates, Schedule Schedule,
    Regularization Regularization, EarlyStopping? EarlyStopping, int? Shards = null)
{
    /// <summary>Whether a layer is frozen in this stage.</summary>
    public bool Freezes(Layer layer)
    {
        (int low, int high) = (0, Frozen.Count - 1);
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (Frozen[middle] == layer.Index) return true;
            if (Frozen[middle] < layer.Index) low = middle + 1;
            else high = middle - 1;
        }
        return false;
    }

    /// <summary>Whether this stage changes parameters of a layer.</summary>
    public bool Trains(Layer layer) => layer.LearntParameters > 0 && !Freezes(layer);
}
