using ModelSpec.Layers;
using ModelSpec.Text;

namespace ModelSpec.Generator.Emit;

/// <summary>
/// Writes the steps of a forward pass. A step reads the value before it without saying so; a value that a later step reads, too, gets a
/// name. Blocks of a backbone are set apart.
/// </summary>
/// <param name="layers">The layers of the pass in order.</param>
internal sealed class PassEmitter(IReadOnlyList<Layer> layers)
{
    private readonly Dictionary<int, string> _names = [];
    private readonly HashSet<int> _named = [.. FindNamed(layers)];

    /// <summary>Whether the first layer of a block begins here, or the first one after a block.</summary>
    public static bool BeginsBlock(IReadOnlyList<Layer> layers, int place) =>
        place > 0 ? layers[place].Block != layers[place - 1].Block : layers[place].Block is not null;

    /// <summary>Writes all steps.</summary>
    public void Emit(SourceWriter writer)
    {
        for (int i = 0; i < layers.Count; i++)
        {
            if (BeginsBlock(layers, i)) EmitBlock(writer, i);
            Emit(writer, layers[i]);
        }
    }

    /// <summary>The layers whose values need a name: those that a layer reads which is not the next one, or that a step reads with others.</summary>
    private static IEnumerable<int> FindNamed(IReadOnlyList<Layer> layers) =>
        layers.SelectMany(static layer => layer.Inputs.Where(input => layer.Inputs.Count > 1 || input != layer.Index - 1));

    private void EmitBlock(SourceWriter writer, int place)
    {
        if (place > 0) writer.Line();
        if (layers[place].Block is not { } block) return;
        int last = place;
        while (last + 1 < layers.Count && layers[last + 1].Block == block) last++;
        writer.Line($"// {Comments.OneLine(block)}: {layers[place].Input} to {layers[last].Output}");
    }

    private void Emit(SourceWriter writer, Layer layer)
    {
        if (layer.Main is SoftmaxPrimitive) return;
        bool readsAbove = layer.Inputs.Count == 1 && layer.Inputs[0] == layer.Index - 1 && !_named.Contains(layer.Inputs[0]);
        string operands = readsAbove || layer.Inputs.Count == 0 || layer.InHead ? "" : string.Join(", ", layer.Inputs.Select(input => _names[input]));
        if (layer.Primitives.Count == 0)
        {
            if (_named.Contains(layer.Index)) writer.Line($"FineTune::Value {Name(layer)} = pass.Current;");
            return;
        }
        for (int i = 0; i < layer.Primitives.Count; i++)
        {
            Primitive primitive = layer.Primitives[i];
            string read = i == 0 ? operands : "";
            string step = primitive == layer.Main && LayerEmitter.HasModule(primitive)
                ? $"pass.Run({layer.Member}{(read.Length > 0 ? ", " + read : "")})"
                : LayerEmitter.Step(primitive, read);
            bool isNamed = i == layer.Primitives.Count - 1 && _named.Contains(layer.Index);
            writer.Line(isNamed ? $"FineTune::Value {Name(layer)} = {step};" : step + ";");
        }
    }

    /// <summary>Gives a layer's value a name that is no member and no word of C#.</summary>
    private string Name(Layer layer)
    {
        string name = char.ToLowerInvariant(layer.Member[0]) + layer.Member.Substring(1);
        // A member without upper case would be its own value.
        if (name == layer.Member || !Identifiers.IsIdentifier(name) || name == "pass") name += "Value";
        return _names[layer.Index] = name;
    }
}
