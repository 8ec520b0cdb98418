using System.Globalization;
using ModelSpec.Diagnostics;
using ModelSpec.Language;
using ModelSpec.Layers;
using ModelSpec.Text;

namespace ModelSpec.Networks;

/// <summary>Gives every layer of a head its name and shape, and checks that they can follow one another.</summary>
internal static class HeadBuilder
{
    /// <summary>Builds the head's layers after <paramref name="input"/>.</summary>
    /// <param name="head">The head as written.</param>
    /// <param name="input">The shape of the backbone's output.</param>
    /// <param name="firstIndex">The index of the head's first layer.</param>
    /// <param name="classes">How many outputs the last linear layer must have.</param>
    /// <param name="bag">Where errors go.</param>
    public static List<Layer> Build(HeadSection head, Shape input, int firstIndex, int classes, DiagnosticBag bag)
    {
        List<Layer> layers = [];
        Shape shape = input;
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        Located<HeadLayer>? outputs = null;
        for (int i = 0; i < head.Layers.Count; i++)
        {
            Located<HeadLayer> located = head.Layers[i];
            HeadLayer written = located.Value;
            HeadWord word = LayerCatalogue.OfHeads[written.Word].Head!;
            if (word.Reads == ShapeKind.Vector && shape.Kind != ShapeKind.Vector)
            {
                string way = shape.Kind == ShapeKind.Tokens ? "end the backbone with \"first_token\"" : "put \"flatten\" or \"global_average_pool\" in front of it";
                Order(bag, located, "'{0}' needs a vector, but gets {1}; {2}.", written.Word, shape, way);
                return layers;
            }
            if (word.Reads == ShapeKind.Image && shape.Kind != ShapeKind.Image)
            {
                Order(bag, located, "'{0}' needs rows and columns, but gets {1}; remove it.", written.Word, shape);
                return layers;
            }
            if (word.IsLast && i < head.Layers.Count - 1) Order(bag, located, "'{0}' can only be the last layer.", written.Word);
            LayerDefinition definition = word.Create(written.Argument);
            Lowering lowered = definition.Lower([shape], 1);
            if (lowered.Problem is { } problem)
            {
                Order(bag, located, "'{0}' does not fit: {1}.", written.Word, problem);
                return layers;
            }
            if (word.GivesOutputs) outputs = located;
            layers.Add(Create(written, definition.Type, Name(written.Word, word, head, counts), firstIndex + i, shape, lowered));
            shape = lowered.Output;
        }

        if (outputs is null)
        {
            bag.Report(SpecDiagnostics.HeadOrder, head.Span, string.Format(
                CultureInfo.InvariantCulture, "The head needs a last linear layer with one output for each class: \"linear({0})\".", classes));
        }
        else if (shape.Channels != classes)
        {
            bag.Report(SpecDiagnostics.HeadOutputs, outputs.Value.Span, shape.Channels, classes);
        }
        return layers;
    }

    private static Layer Create(HeadLayer written, string type, string name, int index, Shape input, Lowering lowered)
    {
        string argument = written.Argument is { } number ? $"({RoundTripNumber.Format(number).ToLowerInvariant()})" : "";
        return new Layer(
            index, name, Identifiers.ToPascalCase(name), "head." + name, true, [index - 1], input, lowered.Output,
            type, null, lowered.Primitives, written.Word + argument);
    }

    /// <summary>Linear layers are <c>fc1</c>, <c>fc2</c>, …; others have their word, with a number if it occurs more than once.</summary>
    private static string Name(string written, HeadWord word, HeadSection head, Dictionary<string, int> counts)
    {
        counts.TryGetValue(written, out int count);
        counts[written] = ++count;
        bool isNumbered = word.IsAlwaysNumbered || head.Layers.Count(l => l.Value.Word == written) > 1;
        return (word.Name ?? written) + (isNumbered ? count.ToString(CultureInfo.InvariantCulture) : "");
    }

    private static void Order(DiagnosticBag bag, Located<HeadLayer> layer, string format, params object[] arguments) =>
        bag.Report(SpecDiagnostics.HeadOrder, layer.Span, string.Format(CultureInfo.InvariantCulture, format, arguments));
}
