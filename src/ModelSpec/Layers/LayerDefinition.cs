using System.Globalization;

namespace ModelSpec.Layers;

/// <summary>
/// What a row of a backbone or a word of a head says of a layer, apart from its place in a network: the only description of the layer that
/// there is. It compares by value.
/// </summary>
public abstract record LayerDefinition
{
    /// <summary>The type as Keras's summary names it.</summary>
    public abstract string Type { get; }

    /// <summary>How many layers it reads at least.</summary>
    internal virtual int FewestInputs => 1;

    /// <summary>How many layers it reads at most.</summary>
    internal virtual int MostInputs => 1;

    /// <summary>
    /// What it does that its output depends on, apart from the type and shapes, as digests see it: empty, or words after a space. A change
    /// of the text makes all locks out of date, so every word is spelled out, and none is taken from display names or enum members.
    /// </summary>
    /// <param name="lowered">The layer in its place.</param>
    internal abstract string DescribeForDigest(Lowering lowered);

    /// <summary>Gives the layer its output shape and its operations.</summary>
    /// <param name="inputs">What it reads: between <see cref="FewestInputs"/> and <see cref="MostInputs"/> shapes.</param>
    /// <param name="widthMultiplier">The factor on the channels of convolutions.</param>
    internal abstract Lowering Lower(IReadOnlyList<Shape> inputs, double widthMultiplier);

    /// <summary>The word that stands for the type in digests; it never changes.</summary>
    internal virtual string DigestType => Type;

    /// <summary>A number of a digest.</summary>
    private protected static string Show(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>A truth value of a digest.</summary>
    private protected static string Show(bool truth) => truth ? "True" : "False";
}

/// <summary>A layer in its place, or the reason why it cannot be there.</summary>
/// <param name="Output">What it puts out.</param>
/// <param name="Primitives">What it does, in order. Where there are several, each but the first reads the one before it alone.</param>
/// <param name="Problem">Why its inputs do not fit, as the end of a sentence, or null.</param>
internal readonly record struct Lowering(Shape Output, EquatableArray<Primitive> Primitives, string? Problem = null)
{
    /// <summary>Whether its input is so small that no row or no column would be left.</summary>
    public bool IsTooSmall { get; init; }

    /// <summary>Inputs that do not fit.</summary>
    public static Lowering Fail(string problem) => new(default, [], problem);
}
