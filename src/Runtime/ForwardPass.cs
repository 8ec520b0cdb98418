using FineTune.Inference;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune;

/// <summary>
/// Runs layers one after another and frees each activation as soon as the next one is there, so that a pass holds two activations
/// instead of all of them (autograd keeps what it needs by itself).
/// </summary>
public ref struct ForwardPass
{
    private readonly Tensor? _input;
    private readonly List<ForwardStep>? _record;
    private Tensor? _current;

    private ForwardPass(Tensor input) => _input = _current = input;

    private ForwardPass(List<ForwardStep> record) => _record = record;

    /// <summary>Takes a pass through the layers of a network, one after another.</summary>
    public delegate void Description(ref ForwardPass pass);

    private readonly bool OwnsCurrent => !ReferenceEquals(_input, _current);

    /// <summary>Runs layers on an input, which stays the caller's.</summary>
    /// <returns>The last activation, which is the caller's.</returns>
    public static Tensor Run(Tensor input, Description layers)
    {
        ArgumentNullException.ThrowIfNull(layers);
        var pass = new ForwardPass(input);
        try
        {
            layers(ref pass);
            return pass.Finish();
        }
        finally
        {
            if (pass.OwnsCurrent) pass._current!.Dispose();
        }
    }

    /// <summary>Runs a layer.</summary>
    public void Run(nn.Module<Tensor, Tensor> layer)
    {
        if (_record is null) Advance(ConvolutionOrder.Call(layer, _current!));
        else _record.Add(new ForwardStep.Run(layer));
    }

    /// <summary>max(x, 0).</summary>
    public void Relu()
    {
        if (_record is null) Advance(OwnsCurrent ? _current!.relu_() : _current!.relu());
        else _record.Add(new ForwardStep.Relu());
    }

    /// <summary>min(max(x, 0), 6).</summary>
    public void Relu6()
    {
        if (_record is null) Advance(nn.functional.relu6(_current!, inplace: OwnsCurrent));
        else _record.Add(new ForwardStep.Relu6());
    }

    /// <summary>Puts zeros around the rows and columns: what an asymmetric "same" convolution needs in front of it.</summary>
    public void Pad(int top, int bottom, int left, int right)
    {
        if (_record is null) Advance(nn.functional.pad(_current!, [left, right, top, bottom]));
        else _record.Add(new ForwardStep.Pad(top, bottom, left, right));
    }

    /// <summary>What layers do to an input, without one.</summary>
    internal static IReadOnlyList<ForwardStep> Record(Description layers)
    {
        List<ForwardStep> record = [];
        var pass = new ForwardPass(record);
        layers(ref pass);
        return record;
    }

    private Tensor Finish()
    {
        Tensor result = OwnsCurrent ? _current! : _current!.alias();
        _current = _input;
        return result;
    }

    private void Advance(Tensor next)
    {
        if (ReferenceEquals(next, _current)) return;
        if (OwnsCurrent) _current!.Dispose();
        _current = next;
    }
}
