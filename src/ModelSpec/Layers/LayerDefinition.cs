using System.Globalization;

namespace ModelSpec.Layers;

/// <summary>
/// The definition of a layer by a row of a backbone or a word of a head, without its position in a network. It is the only description of the layer,
/// and compares by value.
/// </summary>
public abstract record LayerDefinition
{
    /// <summary>The type as Keras's summary names it.</summary>
    public abstract string Type { get; }

    /// <summary>The least number of layers that it reads.</summary>
    internal virtual int FewestInputs => 1;

    /// <summary>The largest number of layers that it reads.</summary>
    internal virtual int MostInputs => 1;

    /// <summary>
    /// Everything that its output depends on, except for the type and shapes, as text for digests: empty, or words after a space. A change
    /// of the text makes all locks out of date, so every word is a literal, not the name of an enum member or a display name.
    /// </summary>
    /// <param name="lowered">The layer at its position in a network.</param>
    internal abstract string DescribeForDigest(Lowering lowered);

    /// <summary>Gives the layer its output shape and its operations.</summary>
    /// <param name="inputs">The shapes that it reads: between <see cref="FewestInputs"/> and <see cref="MostInputs"/> of them.</param>
    /// <param name="widthMultiplier">The factor on the channels of convolutions.</param>
    internal abstract Lowering Lower(IReadOnlyList<Shape> inputs, double widthMultiplier);

    /// <summary>The word for the type in digests; it must never change.</summary>
    internal virtual string DigestType => Type;

    /// <summary>A number of a digest.</summary>
    private protected static string Show(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>A truth value of a digest.</summary>
    private protected static string Show(bool truth) => truth ? "True" : "False";
}

/// <summary>A layer at its position in a network, or the reason why it cannot be there.</summary>
/// <param name="Output">The shape of its output.</param>
/// <param name="Primitives">Its operations in order. Each except the first reads only the one before it.</param>
/// <param name="Problem">Why its inputs do not fit, as the end of a sentence, or null.</param>
internal readonly record struct Lowering(Shape Output, EquatableArray<Primitive> Primitives, string? Problem = null)
{
    /// <summary>Whether its input is so small that no row or no column would be left.</summary>
    public bool IsTooSmall { get; init; }

    /// <summary>Inputs that do not fit.</summary>
    public static Lowering Fail(string problem) => new(default, [], problem);
}
