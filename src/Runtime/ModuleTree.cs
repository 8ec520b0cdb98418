using static TorchSharp.torch;

namespace FineTune;

/// <summary>Registers modules under state-dict keys with dots, such as <c>features.24</c>, in groups that are made as needed.</summary>
public static class ModuleTree
{
    /// <summary>Registers <paramref name="layer"/> below <paramref name="root"/> so that its tensors' names begin with <paramref name="key"/>.</summary>
    public static void Register(nn.Module root, string key, nn.Module layer)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(key);
        string[] path = key.Split('.');
        nn.Module parent = root;
        foreach (string name in path.AsSpan(0, path.Length - 1)) parent = Group(parent, name);
        parent.register_module(path[^1], layer);
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
    private sealed class ModuleGroup(string name) : nn.Module(name);
}
