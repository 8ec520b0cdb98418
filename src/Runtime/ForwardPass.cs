using TorchSharp;
using static TorchSharp.torch;

namespace FineTune;

/// <summary>
/// Runs layers one after another and frees each activation as soon as the next one is there, so that a pass holds two activations
/// instead of all of them (autograd keeps what it needs by itself).
/// </summary>
public ref struct ForwardPass
{
    private readonly Tensor _input;
    private Tensor _current;

    /// <summary>Starts with <paramref name="input"/>, which stays the caller's.</summary>
    public ForwardPass(Tensor input) => _input = _current = input;

    private readonly bool OwnsCurrent => !ReferenceEquals(_input, _current);

    /// <summary>Runs a layer.</summary>
    public void Run(nn.Module<Tensor, Tensor> layer) => Advance(layer.call(_current));

    /// <summary>max(x, 0).</summary>
    public void Relu() => Advance(OwnsCurrent ? _current.relu_() : _current.relu());

    /// <summary>min(max(x, 0), 6).</summary>
    public void Relu6() => Advance(nn.functional.relu6(_current, inplace: OwnsCurrent));

    /// <summary>Puts zeros around the rows and columns: what an asymmetric "same" convolution needs in front of it.</summary>
    public void Pad(int top, int bottom, int left, int right) =>
        Advance(nn.functional.pad(_current, [left, right, top, bottom]));

    /// <summary>The last activation, which is now the caller's.</summary>
    public Tensor Finish()
    {
        Tensor result = OwnsCurrent ? _current : _current.alias();
        _current = _input;
        return result;
    }

    /// <summary>Frees the last activation where <see cref="Finish"/> has not handed it out.</summary>
    public void Dispose()
    {
        if (OwnsCurrent) _current.Dispose();
        _current = _input;
    }

    private void Advance(Tensor next)
    {
        if (ReferenceEquals(next, _current)) return;
        if (OwnsCurrent) _current.Dispose();
        _current = next;
    }
}
