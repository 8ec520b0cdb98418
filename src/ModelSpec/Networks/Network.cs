using ModelSpec.Layers;

namespace ModelSpec.Networks;

/// <summary>
/// The network of the generated class: its classes, its preprocessing and its layers. It is immutable, compares by value and contains no
/// positions, so moving lines in the spec does not change it.
/// </summary>
/// <param name="ClassName">The generated class.</param>
/// <param name="Namespace">Its namespace, or null for the project's root namespace.</param>
/// <param name="Classes">The labels in the order of the outputs.</param>
/// <param name="Backbone">The backbone's name.</param>
/// <param name="TopKeys">The prefixes of the tensors of the backbone's original top in weight files.</param>
/// <param name="Preprocessing">How pixels are normalised.</param>
/// <param name="Layers">Every layer in order: the backbone's, then the head's.</param>
/// <param name="BodyLength">How many of them are the backbone's; the index of the head's first layer.</param>
/// <param name="Mirror">Whether the mirrored image is evaluated, too, and the mean of both probabilities is returned.</param>
/// <param name="Preparation">How images are resized before they are cropped to the centre; if null, bilinearly so that they just cover the input.</param>
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
