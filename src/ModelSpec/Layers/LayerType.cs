using ModelSpec.Toml;

namespace ModelSpec.Layers;

/// <summary>
/// A type of layer that specs and backbones can name. Every class that derives from it is automatically part of the language
/// (<see cref="LayerCatalogue"/>), so a new type is one new file.
/// </summary>
/// <param name="word">The word of the language.</param>
internal abstract class LayerType(string word)
{
    /// <summary>The word of the language.</summary>
    public string Word => word;

    /// <summary>How it is written in a head, or null if heads do not have it.</summary>
    public virtual HeadWord? Head => null;

    /// <summary>Whether rows of a backbone can have it.</summary>
    public virtual bool IsInBackbones => true;

    /// <summary>Reads a row of a backbone; errors in its keys are reported by the reader.</summary>
    public abstract LayerDefinition Read(LayerKeys keys);
}

/// <summary>How a layer type is written in a head.</summary>
/// <param name="Written">The word as messages list it, with its argument: <c>linear(N)</c>.</param>
/// <param name="Create">The layer for an argument, or for null if it has none.</param>
internal sealed record HeadWord(string Written, Func<double?, LayerDefinition> Create)
{
    /// <summary>The required argument, or null for a word without one.</summary>
    public HeadArgument? Argument { get; init; }

    /// <summary>The prefix of the layer's name, if it is not the word.</summary>
    public string? Name { get; init; }

    /// <summary>Whether the name has a number even if the head has only one such layer.</summary>
    public bool IsAlwaysNumbered { get; init; }

    /// <summary>The kind of shape that the layer reads; null for any kind.</summary>
    public ShapeKind? Reads { get; init; }

    /// <summary>Whether it can only be the last layer.</summary>
    public bool IsLast { get; init; }

    /// <summary>Whether it can be the layer whose outputs are those of the classes.</summary>
    public bool GivesOutputs { get; init; }
}

/// <summary>The argument of a word of a head.</summary>
/// <param name="Range">Its range.</param>
/// <param name="IsWhole">Whether it is a whole number.</param>
/// <param name="Expected">What a message asks for if it is missing: <c>a probability, as in dropout(0.5)</c>.</param>
internal sealed record HeadArgument(NumberRange Range, bool IsWhole, string Expected);
