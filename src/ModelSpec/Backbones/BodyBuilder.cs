using System.Globalization;
using ModelSpec.Layers;

namespace ModelSpec.Backbones;

/// <summary>Gives every layer of a backbone its shape and its operations.</summary>
internal static class BodyBuilder
{
    /// <summary>Builds the layers for an input of the given size.</summary>
    /// <param name="table">The backbone.</param>
    /// <param name="height">The input's height.</param>
    /// <param name="width">The input's width.</param>
    /// <param name="multiplier">The width multiplier of the channels.</param>
    /// <param name="className">The generated class, whose name no member can have.</param>
    /// <returns>The layers, up to the first that its input does not fit.</returns>
    public static BuiltBody Build(BackboneTable table, int height, int width, double multiplier, string className) =>
        Build(table.Rows, height, width, multiplier, className);

    /// <summary>Builds the layers of rows.</summary>
    public static BuiltBody Build(EquatableArray<BackboneRow> rows, int height, int width, double multiplier, string className)
    {
        List<Layer> layers = [];
        var members = new MemberNames(className);
        int[] readers = CountReaders(rows);
        foreach (BackboneRow row in rows)
        {
            Shape[] inputs = [.. row.Inputs.Select(input => layers[input].Output)];
            Lowering lowered = row.Inputs.Count == 0
                ? new Lowering(new Shape(3, height, width), [])
                : row.Definition.Lower(inputs, multiplier);
            if ((lowered.Problem ?? FindExcess(lowered.Output)) is { } problem)
            {
                string read = row.Inputs.Count == 0 ? "" : " " + Describe(row, layers);
                return new BuiltBody(layers, null, row, $"'{row.Name}' does not fit{read}: {problem}.");
            }
            Layer layer = Create(row, members.Add(row.Name), layers, lowered, readers);
            layers.Add(layer);
            if (lowered.IsTooSmall) return new BuiltBody(layers, layer, null, null);
        }
        return new BuiltBody(layers, null, null, null);
    }

    /// <summary>The smallest square input that every layer has at least one pixel of; at most the longer side of the usual one.</summary>
    public static int SmallestInput(BackboneTable table)
    {
        // Larger inputs have larger outputs, so the sizes can be halved.
        (int low, int high) = (1, Math.Max(table.Height, table.Width));
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (Build(table, middle, middle, 1, "").TooSmall is null) high = middle;
            else low = middle + 1;
        }
        return low;
    }

    /// <summary>The error for an output that is too large to compute, or null.</summary>
    private static string? FindExcess(Shape output) => output.Sizes.Aggregate(1.0, static (product, size) => product * size) <= Shape.MostElements
        ? null
        : string.Format(CultureInfo.InvariantCulture, "its output {0} would have more than {1} numbers for one image", output, Shape.MostElements);

    private static Layer Create(BackboneRow row, string member, List<Layer> layers, Lowering lowered, int[] readers)
    {
        int index = layers.Count;
        Shape output = lowered.Output;
        bool readsAbove = row.Inputs.Count == 0 || (row.Inputs.Count == 1 && row.Inputs[0] == index - 1);
        string from = readsAbove ? "" : " from " + string.Join(" ", row.Inputs.Select(static input => input.ToString(CultureInfo.InvariantCulture)));
        string tokens = output.Kind == ShapeKind.Tokens ? string.Format(CultureInfo.InvariantCulture, " tokens {0}", output.Tokens) : "";
        string digest = FormattableString.Invariant(
            $"{index} {row.Key} {row.Definition.DigestType} {output.Channels} {output.Height} {output.Width}{tokens}{row.Definition.DescribeForDigest(lowered)}{from}");
        EquatableArray<Primitive> primitives = lowered.Primitives;
        if (primitives.Count == 1 && primitives[0] is ActivatePrimitive { Activation: Activation.Relu or Activation.Relu6 } activate
            && readers[row.Inputs[0]] == 1 && CanBeOverwritten(layers[row.Inputs[0]]))
        {
            primitives = [activate with { InPlace = true }];
        }
        return new Layer(
            index, row.Name, member, row.Key, false, row.Inputs, row.Inputs.Count > 0 ? layers[row.Inputs[0]].Output : output, output,
            row.Definition.Type, row.Block, primitives, digest);
    }

    /// <summary>
    /// Whether an activation can overwrite the output of a layer. It can if the layer does not need its output to compute gradients; another
    /// activation would.
    /// </summary>
    private static bool CanBeOverwritten(Layer layer) => layer.Primitives is { Count: > 0 } primitives && primitives[primitives.Count - 1]
        is ConvolutionPrimitive or BatchNormPrimitive or LinearPrimitive or AddPrimitive or ConcatenatePrimitive or PadPrimitive;

    private static int[] CountReaders(EquatableArray<BackboneRow> rows)
    {
        int[] readers = new int[rows.Count];
        foreach (int input in rows.SelectMany(static row => row.Inputs)) readers[input]++;
        return readers;
    }

    private static string Describe(BackboneRow row, List<Layer> layers) =>
        string.Join(" and ", row.Inputs.Select(input => $"'{layers[input].Name}' {layers[input].Output}"));
}

/// <summary>The layers of a backbone for one size of input.</summary>
/// <param name="Layers">The layers, as far as they fit.</param>
/// <param name="TooSmall">The first layer that the input is too small for, with the shape that it would get, or null.</param>
/// <param name="Misfit">The first row whose inputs do not fit, or null.</param>
/// <param name="Problem">Why they do not, as a sentence, or null.</param>
internal sealed record BuiltBody(List<Layer> Layers, Layer? TooSmall, BackboneRow? Misfit, string? Problem);
