using System.Globalization;
using ModelSpec.Text;
using ModelSpec.Toml;

namespace ModelSpec.Language;

/// <summary>The kinds of parts that plugins provide.</summary>
public enum PartKind
{
    /// <summary>Finds the images of a dataset: <c>[data] source</c>.</summary>
    Importer,

    /// <summary>Changes training images: <c>[[processor]]</c>.</summary>
    Processor,

    /// <summary>Reads files of pretrained weights.</summary>
    Format,

    /// <summary>Computes metrics of a trained network: <c>[[evaluator]]</c>.</summary>
    Evaluator,

    /// <summary>Writes a trained network in another form: <c>[[export]]</c>.</summary>
    Exporter,
}

/// <summary>What a key of a part holds.</summary>
public enum PartValueKind
{
    /// <summary>A number.</summary>
    Number,

    /// <summary>A whole number.</summary>
    Whole,

    /// <summary>A string.</summary>
    Text,

    /// <summary>True or false.</summary>
    Flag,
}

/// <summary>A word that a plugin adds to the language.</summary>
/// <param name="Kind">What it names.</param>
/// <param name="Word">The word: lower-case letters, digits and underscores, at least two of them.</param>
/// <param name="Keys">The keys that the part's table can have.</param>
/// <param name="Extensions">For a weight format: the extensions of its files, each with the dot.</param>
/// <param name="Plugin">The path of the plugin; empty for what is built in.</param>
public sealed record PartWord(PartKind Kind, string Word, EquatableArray<PartKey> Keys, EquatableArray<string> Extensions, string Plugin)
{
    /// <summary>Its shortest form in <c>Provides</c>: <c>processor:random_erasing(probability:number[0..1]=0.25)</c>.</summary>
    public string Text
    {
        get
        {
            string[] inside = Kind == PartKind.Format ? [.. Extensions] : [.. Keys.Select(static key => key.Text)];
            string name = $"{KindWord(Kind)}:{Word}";
            return inside.Length == 0 ? name : $"{name}({string.Join(",", inside)})";
        }
    }

    /// <summary>The word of <c>Provides</c> for a kind.</summary>
    public static string KindWord(PartKind kind) => Vocabulary.PartKinds.First(word => word.Value == kind).Key;
}

/// <summary>A key of a part's table.</summary>
/// <param name="Name">The key.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="Default">The value if a spec does not give one: a <see cref="double"/>, a <see cref="long"/>, a <see cref="string"/> or a <see cref="bool"/>; null if the key is required.</param>
/// <param name="Least">The least number, inclusive; −∞ for none.</param>
/// <param name="Most">The largest number, inclusive; ∞ for none.</param>
public sealed record PartKey(
    string Name, PartValueKind Kind, object? Default, double Least = double.NegativeInfinity, double Most = double.PositiveInfinity)
{
    /// <summary>Its shortest form in <c>Provides</c>: <c>probability:number[0..1]=0.25</c>.</summary>
    public string Text
    {
        get
        {
            bool isRanged = !double.IsNegativeInfinity(Least) || !double.IsPositiveInfinity(Most);
            string range = isRanged ? $"[{Bound(Least)}..{Bound(Most)}]" : "";
            string otherwise = Default switch
            {
                null => "",
                double number => "=" + RoundTripNumber.Format(number),
                bool flag => flag ? "=true" : "=false",
                _ => "=" + Convert.ToString(Default, CultureInfo.InvariantCulture),
            };
            return $"{Name}:{Vocabulary.PartValueKinds.First(word => word.Value == Kind).Key}{range}{otherwise}";
        }
    }

    /// <summary>The numbers that it accepts.</summary>
    internal NumberRange Range => NumberRange.Within(Least, Most);

    /// <summary>The values that it accepts, as a part of a sentence.</summary>
    internal string Meaning => Kind switch
    {
        PartValueKind.Number => Unlimited ? "a number" : $"a number {Range.Text}",
        PartValueKind.Whole => Unlimited ? "a whole number" : $"a whole number {Range.Text}",
        PartValueKind.Text => "a string",
        _ => "true or false",
    };

    private bool Unlimited => double.IsNegativeInfinity(Least) && double.IsPositiveInfinity(Most);

    private static string Bound(double value) => double.IsInfinity(value) ? "" : RoundTripNumber.Format(value);
}
