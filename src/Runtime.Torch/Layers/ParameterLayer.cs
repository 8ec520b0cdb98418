using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune;

/// <summary>
/// A layer that is one parameter. In a <see cref="ModuleTree"/> the parameter's state-dict key is the layer's own, such as <c>class_token</c>, as
/// models have it that keep such a parameter in the module around it.
/// </summary>
public abstract class ParameterLayer : LearntLayer
{
    /// <summary>The parameter's name within the layer: it adds nothing to the layer's key.</summary>
    private const string Key = "";

    private protected ParameterLayer(string name, Tensor value)
        : base(name) => Own(Key, value);

    /// <summary>The parameter.</summary>
    public Parameter Value => Get(Key);

    /// <inheritdoc />
    public sealed override Dictionary<string, Tensor> state_dict(Dictionary<string, Tensor>? destination = null, string? prefix = null)
    {
        destination ??= [];
        destination.TryAdd(prefix ?? Key, Value);
        return destination;
    }

    /// <summary>Names of parameters in a module around such layers: TorchSharp joins the names of both with a dot.</summary>
    internal static IEnumerable<(string, Parameter)> WithLayerKeys(IEnumerable<(string Name, Parameter Parameter)> parameters) =>
        parameters.Select(static entry => (entry.Name.EndsWith('.') ? entry.Name[..^1] : entry.Name, entry.Parameter));
}
