using ModelSpec.Layers;

namespace ModelSpec.Networks;

/// <summary>
/// What the generated class is: its classes, what it does with pixels, and its layers. It is immutable, compares by value and holds no
/// places, so that moving lines about changes nothing.
/// </summary>
/// <param name="ClassName">The generated class.</param>
/// <param name="Namespace">Its namespace, or null for the project's root namespace.</param>
/// <param name="Classes">The labels in the order of the outputs.</param>
/// <param name="Backbone">The backbone's name.</param>
/// <param name="TopKeys">How the names of the tensors of the backbone's own top begin in weight files.</param>
/// <param name="Preprocessing">What happens to pixels.</param>
/// <param name="Layers">Every layer in order: the backbone's, then the head's.</param>
/// <param name="BodyLength">How many of them are the backbone's; the index of the head's first layer.</param>
/// <param name="Mirror">Whether the network also looks at the mirrored image, and the mean of both probabilities is the answer.</param>
/// <param name="Preparation">How images are resized before their centre is cut out; if null, bilinearly and so that they just cover the input.</param>
public sealed record Network(
    string ClassName, string? Namespace, EquatableArray<ClassLabel> Classes, string Backbone, EquatableArray<string> TopKeys,
    Preprocessing Preprocessing, EquatableArray<Layer> Layers, int BodyLength, bool Mirror,
    ImagePreparation? Preparation = null)
{
    /// <summary>The input's height in pixels.</summary>
    public int InputHeight => Layers[0].Output.Height;

    /// <summary>The input's width in pixels.</summary>
    public int InputWidth => Layers[0].Output.Width;

    /// <summary>The backbone's layers.</summary>
    public IEnumerable<Layer> Body => Layers.Take(BodyLength);

    /// <summary>The head's layers.</summary>
    public IEnumerable<Layer> Head => Layers.Skip(BodyLength);
}
