using static TorchSharp.torch;

namespace FineTune;

/// <summary>
/// A module whose layers are registered one by one, under the keys of a weight file instead of their members' names. Keys may have dots, such as
/// <c>features.24</c>: groups are made as needed. The parameter of a <see cref="ParameterLayer"/> has the layer's own key.
/// </summary>
public abstract class ModuleTree : nn.Module<Tensor, Tensor>
{
    /// <summary>Makes a tree without layers.</summary>
    /// <param name="name">The module's name.</param>
    protected ModuleTree(string name)
        : base(name)
    {
    }

    /// <inheritdoc />
    public sealed override IEnumerable<(string name, TorchSharp.Modules.Parameter parameter)> named_parameters(bool recurse = true) =>
        ParameterLayer.WithLayerKeys(base.named_parameters(recurse));

    /// <summary>Registers a layer under its state-dict key.</summary>
    /// <param name="key">What the names of the layer's tensors begin with.</param>
    /// <param name="layer">The layer.</param>
    /// <returns>The layer.</returns>
    protected T Register<T>(string key, T layer)
        where T : nn.Module
    {
        ArgumentNullException.ThrowIfNull(key);
        string[] path = key.Split('.');
        nn.Module parent = this;
        foreach (string name in path.AsSpan(0, path.Length - 1)) parent = Group(parent, name);
        parent.register_module(path[^1], layer);
        return layer;
    }

    /// <summary>Does nothing: layers are registered one by one.</summary>
    protected sealed override void RegisterComponents()
    {
    }

    private static nn.Module Group(nn.Module parent, string name)
    {
        foreach ((string childName, nn.Module child) in parent.named_children())
        {
            if (childName == name) return child;
        }
        var group = new ModuleGroup(name);
        parent.register_module(name, group);
        return group;
    }

    /// <summary>Holds modules and does nothing.</summary>
    private sealed class ModuleGroup(string name) : nn.Module(name)
    {
        public override IEnumerable<(string name, TorchSharp.Modules.Parameter parameter)> named_parameters(bool recurse = true) =>
            ParameterLayer.WithLayerKeys(base.named_parameters(recurse));
    }
}
