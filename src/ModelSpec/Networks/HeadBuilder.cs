using System.Globalization;
using ModelSpec.Diagnostics;
using ModelSpec.Language;
using ModelSpec.Layers;
using ModelSpec.Text;

namespace ModelSpec.Networks;

/// <summary>Gives every layer of a head its name and shape, and checks that they can follow one another.</summary>
internal static class HeadBuilder
{
    /// <summary>Builds the head's layers behind <paramref name="input"/>.</summary>
    /// <param name="head">The head as written.</param>
    /// <param name="input">What the backbone puts out.</param>
    /// <param name="firstIndex">The index of the head's first layer.</param>
    /// <param name="classes">How many outputs the last linear layer must have.</param>
    /// <param name="bag">Where errors go.</param>
    public static List<Layer> Build(HeadSection head, Shape input, int firstIndex, int classes, DiagnosticBag bag)
    {
        List<Layer> layers = [];
        Shape shape = input;
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        Located<HeadLayer>? lastLinear = null;
        for (int i = 0; i < head.Layers.Count; i++)
        {
            Located<HeadLayer> word = head.Layers[i];
            bool needsVector = word.Value.Word is "linear" or "softmax";
            bool needsSpatial = word.Value.Word is "flatten" or "global_average_pool" or "global_max_pool";
            if (needsVector && shape.IsSpatial)
            {
                Order(bag, word, "'{0}' needs a vector, but gets {1}; put \"flatten\" or \"global_average_pool\" in front of it.", word.Value.Word, shape);
                return layers;
            }
            if (needsSpatial && !shape.IsSpatial)
            {
                Order(bag, word, "'{0}' needs rows and columns, but gets {1}; take it out.", word.Value.Word, shape);
                return layers;
            }
            if (word.Value.Word == "softmax" && i < head.Layers.Count - 1) Order(bag, word, "'softmax' can only be the last layer.");
            if (word.Value.Word == "linear") lastLinear = word;

            Layer layer = Build(word.Value, Name(word.Value.Word, head, counts), firstIndex + i, shape);
            layers.Add(layer);
            shape = layer.Output;
        }

        if (lastLinear is null)
        {
            bag.Report(SpecDiagnostics.HeadOrder, head.Span, string.Format(
                CultureInfo.InvariantCulture, "The head needs a last linear layer with one output for each class: \"linear({0})\".", classes));
        }
        else if (shape.Channels != classes)
        {
            bag.Report(SpecDiagnostics.HeadOutputs, lastLinear.Value.Span, shape.Channels, classes);
        }
        return layers;
    }

    private static Layer Build(HeadLayer word, string name, int index, Shape shape)
    {
        string member = Identifiers.ToPascalCase(name);
        string key = "head." + name;
        Shape vector = Shape.Vector(shape.IsSpatial ? shape.Channels : shape.Elements);
        return word.Word switch
        {
            "flatten" => new FlattenLayer(index, name, member, key, true, shape, Shape.Vector(shape.Elements)),
            "global_average_pool" => new GlobalPoolLayer(index, name, member, key, true, shape, vector, Average: true),
            "global_max_pool" => new GlobalPoolLayer(index, name, member, key, true, shape, vector, Average: false),
            "linear" => new LinearLayer(index, name, member, key, true, shape, Shape.Vector((int)word.Argument!.Value)),
            "relu" => new ActivationLayer(index, name, member, key, true, shape, shape, Activation.Relu),
            "gelu" => new ActivationLayer(index, name, member, key, true, shape, shape, Activation.Gelu),
            "tanh" => new ActivationLayer(index, name, member, key, true, shape, shape, Activation.Tanh),
            "batch_norm" => new BatchNormLayer(index, name, member, key, true, shape, shape, 1e-5, 0.1),
            "dropout" => new DropoutLayer(index, name, member, key, true, shape, shape, word.Argument!.Value),
            "softmax" => new SoftmaxLayer(index, name, member, key, true, shape, shape),
            _ => throw new NotSupportedException($"Head layer {word.Word}"),
        };
    }

    /// <summary>Linear layers are <c>fc1</c>, <c>fc2</c>, …; others have their word, numbered where it comes more than once.</summary>
    private static string Name(string word, HeadSection head, Dictionary<string, int> counts)
    {
        counts.TryGetValue(word, out int count);
        counts[word] = ++count;
        string number = count.ToString(CultureInfo.InvariantCulture);
        if (word == "linear") return "fc" + number;
        return head.Layers.Count(l => l.Value.Word == word) > 1 ? word + number : word;
    }

    private static void Order(DiagnosticBag bag, Located<HeadLayer> layer, string format, params object[] arguments) =>
        bag.Report(SpecDiagnostics.HeadOrder, layer.Span, string.Format(CultureInfo.InvariantCulture, format, arguments));
}
