using ModelSpec.Diagnostics;
using ModelSpec.Text;
using ModelSpec.Toml;

namespace ModelSpec.Layers;

/// <summary>Reads values that several layer types use: numbers, windows, paddings and activations.</summary>
internal sealed class LayerKeys(TableReader row)
{
    private static readonly NumberRange Positive = NumberRange.Closed(1, 65536);
    private static readonly NumberRange Windows = NumberRange.Closed(1, 4096);
    private static readonly NumberRange Sides = NumberRange.Closed(0, 4096);

    /// <summary>A whole number from 1.</summary>
    /// <param name="key">The key.</param>
    /// <param name="otherwise">The default; null if the key is required.</param>
    public int Whole(string key, int? otherwise = null)
    {
        if (row.Integer(key, Positive) is { } given) return (int)given.Value;
        if (otherwise is null && !row.Has(key)) row.Missing(key, "a whole number");
        return otherwise ?? 1;
    }

    /// <summary>A number.</summary>
    public double Number(string key, double otherwise, NumberRange range) => row.Number(key, range)?.Value ?? otherwise;

    /// <summary>A probability in [0, 1), which is required.</summary>
    public double Probability(string key)
    {
        if (!row.Has(key)) row.Missing(key, "a number in [0, 1)");
        return row.Number(key, NumberRange.HalfOpen(0, 1))?.Value ?? 0;
    }

    /// <summary>True or false.</summary>
    public bool Flag(string key, bool otherwise) => row.Boolean(key)?.Value ?? otherwise;

    /// <summary>A whole number from 1 for rows and columns, or [rows, columns].</summary>
    public Extent Extent(string key, Extent otherwise) => Extent(key, otherwise, Windows);

    /// <summary>Rows and columns that are added on both sides: a whole number or [rows, columns].</summary>
    public Extent Sidewise(string key) => Extent(key, Layers.Extent.Square(0), Sides);

    /// <summary>The word of an activation.</summary>
    public Activation Activation(string key) =>
        row.Word(key, "activation", Activations.ByWord, out Activation activation) ? activation : Layers.Activation.None;

    /// <summary>Four whole numbers, which are required: [top, bottom, left, right].</summary>
    public Padding Padding(string key)
    {
        switch (row.Peek(key))
        {
            case null:
                row.Missing(key, "[top, bottom, left, right]");
                break;
            case TomlList { Items.Count: not 4 } list:
                row.Bag.Report(SpecDiagnostics.WrongType, list.Span, key, "[top, bottom, left, right]", Count(list));
                break;
            default:
                if (row.Integers(key, Sides) is { Count: 4 } sides) return FourSides(sides);
                break;
        }
        return Layers.Padding.None;
    }

    /// <summary>How a convolution pads: <c>"same"</c>, <c>"valid"</c>, a number, [rows, columns] or [top, bottom, left, right].</summary>
    public PaddingRule PaddingRule(string key)
    {
        switch (row.Peek(key))
        {
            case null:
                return Layers.PaddingRule.Same;
            case TomlScalar { Value: string }:
                return row.Word(key, "padding", Layers.PaddingRule.ByWord, out PaddingRule rule) ? rule : Layers.PaddingRule.Same;
            case TomlList { Items.Count: 4 }:
                return row.Integers(key, Sides) is { Count: 4 } sides ? new PaddingRule(FourSides(sides)) : Layers.PaddingRule.Same;
            case TomlList { Items.Count: not 2 } list:
                row.Bag.Report(SpecDiagnostics.WrongType, list.Span, key,
                    "\"same\", \"valid\", a whole number, [rows, columns] or [top, bottom, left, right]", Count(list));
                return Layers.PaddingRule.Same;
            default:
                Extent both = Sidewise(key);
                return new PaddingRule(new Padding(both.Height, both.Height, both.Width, both.Width));
        }
    }

    private Extent Extent(string key, Extent otherwise, NumberRange range)
    {
        switch (row.Peek(key))
        {
            case null:
                return otherwise;
            case TomlList list:
                List<Located<long>> numbers = row.Integers(key, range) ?? [];
                if (numbers.Count == 2) return new Extent((int)numbers[0].Value, (int)numbers[1].Value);
                if (list.Items.Count != 2)
                {
                    row.Bag.Report(SpecDiagnostics.WrongType, list.Span, key, "a whole number or [rows, columns]", Count(list));
                }
                return otherwise;
            default:
                return row.Integer(key, range) is { } number ? Layers.Extent.Square((int)number.Value) : otherwise;
        }
    }

    private static string Count(TomlList list) => list.Items.Count == 1 ? "one value in an array" : $"{list.Items.Count} values";

    private static Padding FourSides(List<Located<long>> sides) =>
        new((int)sides[0].Value, (int)sides[1].Value, (int)sides[2].Value, (int)sides[3].Value);
}
