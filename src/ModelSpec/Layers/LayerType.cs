using ModelSpec.Toml;

namespace ModelSpec.Layers;

/// <summary>
/// A type of layer that specs and backbones can name. Every class that derives from it is part of the language by being there
/// (<see cref="LayerCatalogue"/>), so that a new type is one new file.
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

    /// <summary>Reads a row of a backbone; what is wrong with its keys is reported by the reader.</summary>
    public abstract LayerDefinition Read(LayerKeys keys);
}

/// <summary>How a layer type is written in a head.</summary>
/// <param name="Written">The word as messages list it, with its argument: <c>linear(N)</c>.</param>
/// <param name="Create">The layer for an argument, or for null if it has none.</param>
internal sealed record HeadWord(string Written, Func<double?, LayerDefinition> Create)
{
    /// <summary>The argument that must be there, or null for a word without one.</summary>
    public HeadArgument? Argument { get; init; }

    /// <summary>The beginning of the layer's name where it is not the word.</summary>
    public string? Name { get; init; }

    /// <summary>Whether the name has a number even where the head has one such layer only.</summary>
    public bool IsAlwaysNumbered { get; init; }

    /// <summary>What the layer reads; null for anything.</summary>
    public ShapeKind? Reads { get; init; }

    /// <summary>Whether it can only be the last layer.</summary>
    public bool IsLast { get; init; }

    /// <summary>Whether it can be the layer that gives the classes their outputs.</summary>
    public bool GivesOutputs { get; init; }
}

/// <summary>The argument of a word of a head.</summary>
/// <param name="Range">Its range.</param>
/// <param name="IsWhole">Whether it is a whole number.</param>
/// <param name="Expected">What a message asks for where it is missing: <c>a probability, as in dropout(0.5)</c>.</param>
internal sealed record HeadArgument(NumberRange Range, bool IsWhole, string Expected);
