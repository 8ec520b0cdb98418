using static TorchSharp.torch;

namespace FineTune;

/// <summary>The base of generated heads: features to logits <c>[N, classes]</c>.</summary>
public abstract class ClassifierHead() : nn.Module<Tensor, Tensor>("Head")
{
    /// <inheritdoc />
    public sealed override Tensor forward(Tensor input) => ForwardPass.Run(input, Describe);

    /// <summary>Takes a pass through the layers.</summary>
    protected abstract void Describe(ref ForwardPass pass);

    /// <summary>Registers a layer under its state-dict key.</summary>
    protected T Register<T>(string key, T layer)
        where T : nn.Module
    {
        ModuleTree.Register(this, key, layer);
        return layer;
    }

    /// <summary>Does nothing: layers are registered one by one, under the keys of the weight file instead of their members' names.</summary>
    protected sealed override void RegisterComponents()
    {
    }
}
