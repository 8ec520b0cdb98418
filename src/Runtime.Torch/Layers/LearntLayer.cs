using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune;

/// <summary>A layer with parameters of its own, which TorchSharp's registry holds: they can be replaced, moved and converted there.</summary>
public abstract class LearntLayer : nn.Module<Tensor, Tensor>
{
    private protected LearntLayer(string name)
        : base(name)
    {
    }

    /// <summary>The names of its own parameters within it, without those of layers in it.</summary>
    internal IReadOnlyList<string> OwnNames => [.. named_parameters(recurse: false).Select(static entry => entry.name)];

    /// <summary>Gives a parameter another tensor, which belongs to the layer then.</summary>
    internal void Replace(string name, Parameter value)
    {
        Parameter? last = get_parameter(name);
        value.DetachFromDisposeScope();
        ConditionallyRegisterParameter(name, value);
        last?.Dispose();
    }

    private protected void Own(string name, Tensor value)
    {
        var parameter = new Parameter(value, requires_grad: true);
        parameter.DetachFromDisposeScope();
        register_parameter(name, parameter);
    }

    private protected Parameter Get(string name) => get_parameter(name)!;
}
