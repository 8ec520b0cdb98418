using ModelSpec.Layers;

namespace ModelSpec.Generator.Emit;

/// <summary>
/// Writes the steps of a forward pass, section by section. By default, a step reads the previous value. A value gets a name if a
/// step other than the next one reads it, or if a step reads it together with other values; then every step that reads it uses the name.
/// </summary>
/// <param name="sections">The layers of the pass in order.</param>
internal sealed class PassEmitter(IReadOnlyList<LayerSection> sections)
{
    /// <summary>What the parameter is called that takes the steps.</summary>
    public const string Pass = "pass";

    private readonly HashSet<int> _named = [.. sections.SelectMany(static section => section.Layers).SelectMany(ReadByName)];
    private readonly ValueNames _locals = new(sections.SelectMany(static section => section.Layers).Select(static layer => layer.Member));
    private readonly Dictionary<int, string> _names = [];

    /// <summary>Writes all steps.</summary>
    public void Emit(SourceWriter writer)
    {
        foreach (LayerSection section in sections)
        {
            if (section != sections[0]) writer.Line();
            if (section.Summary is { } summary) writer.Line("// " + summary);
            foreach (Layer layer in section.Layers) Emit(writer, layer);
        }
    }

    /// <summary>The inputs that a layer asks for by name.</summary>
    private static IEnumerable<int> ReadByName(Layer layer) => layer.Inputs.Where(input => layer.Inputs.Count > 1 || input != layer.Index - 1);

    private void Emit(SourceWriter writer, Layer layer)
    {
        if (layer.Main is SoftmaxPrimitive) return;
        bool isNamed = _named.Contains(layer.Index);
        // The input is the value that a pass begins with.
        if (layer.Primitives.Count == 0 && isNamed) EmitNamed(writer, layer, $"{Pass}.Current");
        string[] operands = [.. layer.Inputs.Where(_named.Contains).Select(input => _names[input])];
        for (int i = 0; i < layer.Primitives.Count; i++)
        {
            Primitive primitive = layer.Primitives[i];
            string step = ReferenceEquals(primitive, layer.Main) && LayerEmitter.HasModule(primitive)
                ? LayerEmitter.Call(Pass, "Run", [layer.Member, .. operands])
                : LayerEmitter.Step(Pass, primitive, operands);
            if (isNamed && i == layer.Primitives.Count - 1) EmitNamed(writer, layer, step);
            else writer.Line(step + ";");
            // What follows within the layer reads the step before it.
            operands = [];
        }
    }

    /// <summary>Writes the last step of a layer whose value has a name.</summary>
    private void EmitNamed(SourceWriter writer, Layer layer, string step)
    {
        string name = _locals.Add(layer.Member);
        _names.Add(layer.Index, name);
        writer.Line($"FineTune::Value {name} = {step};");
    }
}
