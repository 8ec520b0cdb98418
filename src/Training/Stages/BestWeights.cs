using FineTune.Training.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Stages;

/// <summary>Keeps the weights of the epoch with the lowest validation loss, and says when it is time to stop.</summary>
internal sealed class BestWeights(NetworkModule module, int patience) : IDisposable
{
    private readonly Dictionary<string, Tensor> _kept = new(StringComparer.Ordinal);
    private double _lowest = double.PositiveInfinity;
    private int _epochsSince;

    /// <summary>The epoch whose weights are kept, from 1.</summary>
    public int Epoch { get; private set; }

    /// <summary>Looks at an epoch's validation loss.</summary>
    /// <returns>Whether it has not improved for as many epochs as the patience allows.</returns>
    public bool EndsAfter(int epoch, double validationLoss)
    {
        if (validationLoss < _lowest)
        {
            (_lowest, _epochsSince, Epoch) = (validationLoss, 0, epoch);
            using IDisposable noGradient = no_grad();
            foreach ((string key, Tensor tensor) in module.Weights())
            {
                if (_kept.TryGetValue(key, out Tensor? kept)) kept.copy_(tensor);
                else _kept[key] = tensor.detach().clone().DetachFromDisposeScope();
            }
            return false;
        }
        return ++_epochsSince >= patience;
    }

    /// <summary>Puts the kept weights back into the module.</summary>
    public void Restore()
    {
        using IDisposable noGradient = no_grad();
        foreach ((string key, Tensor tensor) in module.Weights())
        {
            if (_kept.TryGetValue(key, out Tensor? kept)) tensor.copy_(kept);
        }
    }

    public void Dispose()
    {
        foreach (Tensor tensor in _kept.Values) tensor.Dispose();
    }
}
