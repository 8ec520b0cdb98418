using ModelSpec.Generator.Models;
using ModelSpec.Layers;

namespace ModelSpec.Generator.Emit;

/// <summary>Writes what a class on the torch engine has: a module for each layer, and the pass through them.</summary>
internal static class TorchClassEmitter
{
    /// <summary>Writes the aliases that the class uses.</summary>
    public static void EmitUsings(SourceWriter writer)
    {
        writer.Line("using Layers = global::TorchSharp.Modules;");
        writer.Line("using TorchSharp = global::TorchSharp;");
    }

    /// <summary>Writes the members after the constants.</summary>
    public static void Emit(SourceWriter writer, ClassifierModel model)
    {
        IReadOnlyList<LayerSection> sections = LayerSection.Divide([.. model.Body], model.Layers);
        EmitConstructor(writer, model, sections);
        EmitMembers(writer, model, sections);
        writer.Line();
        writer.Summary("What replaces the backbone's own top.");
        writer.Line("public HeadLayers Head { get; }");
        writer.Line();
        LoadEmitter.Emit(writer, model);
        writer.Line();
        EmitUntrained(writer, model.ClassName);
        writer.Line();
        EmitDescription(writer, sections, runsHead: true);
        writer.Line();
        EmitHead(writer, model);
    }

    private static void EmitConstructor(SourceWriter writer, ClassifierModel model, IReadOnlyList<LayerSection> sections)
    {
        writer.Line($"private {model.ClassName}(TorchSharp::torch.Device? device = null)");
        BaseCallEmitter.Emit(writer, model);
        using SourceWriter.Block block = writer.OpenBody();
        foreach (LayerSection section in sections)
        {
            Layer[] layers = [.. section.Layers.Where(static l => LayerEmitter.TypeOf(l) is not null)];
            if (layers.Length == 0) continue;
            if (section.Title is { } title) writer.Line("// " + title);
            foreach (Layer layer in layers) writer.Line($"{layer.Member} = Register({SourceWriter.Quote(layer.Key)}, {LayerEmitter.Creation(layer)});");
            if (section.Title is not null) writer.Line();
        }
        writer.Line("Head = Register(\"head\", new HeadLayers(device));");
    }

    private static void EmitMembers(SourceWriter writer, ClassifierModel model, IReadOnlyList<LayerSection> sections)
    {
        var picture = new LayerPicture(model.Layers);
        foreach (LayerSection section in sections)
        {
            if (section.Summary is { } summary)
            {
                writer.Line();
                writer.Line("// " + summary);
            }
            foreach (Layer layer in section.Layers) EmitMember(writer, layer, model.Layers, picture);
        }
    }

    /// <summary>A member for a layer with a module. What is only a step of the pass leaves a comment, so that no index is missing without an explanation.</summary>
    private static void EmitMember(SourceWriter writer, Layer layer, IReadOnlyList<Layer> network, LayerPicture picture)
    {
        if (layer.Main is null) return;
        writer.Line();
        string description = LayerEmitter.Describe(layer, network);
        if (LayerEmitter.TypeOf(layer) is not { } type)
        {
            writer.Line("// " + Comments.OneLine(description));
            return;
        }
        writer.Summary(Comments.Xml(description));
        writer.Line($"/// <remarks><c>{Comments.Xml(picture.Of(layer))}</c></remarks>");
        writer.Line($"public {type} {layer.Member} {{ get; }}");
    }

    private static void EmitUntrained(SourceWriter writer, string name)
    {
        writer.Summary("Makes the network with random weights, ready to be trained.");
        using (writer.Open($"public static {name} CreateUntrained()"))
        {
            writer.Line($"return new {name}();");
        }
    }

    private static void EmitDescription(SourceWriter writer, IReadOnlyList<LayerSection> sections, bool runsHead)
    {
        writer.Line("/// <inheritdoc />");
        using SourceWriter.Block block = writer.Open($"protected override void Describe(ref FineTune::ForwardPass {PassEmitter.Pass})");
        new PassEmitter(sections).Emit(writer);
        if (!runsHead) return;
        if (sections.Count > 1) writer.Line();
        writer.Line(LayerEmitter.Call(PassEmitter.Pass, "Run", "Head") + ";");
    }

    private static void EmitHead(SourceWriter writer, ClassifierModel model)
    {
        Layer first = model.Layers[model.BodyLength];
        Layer last = model.Layers[model.Layers.Count - 1];
        writer.Summary($"The head: features {first.Input} to logits {last.Output}.");
        using SourceWriter.Block block = writer.Open("public sealed class HeadLayers : FineTune::ClassifierHead");
        using (writer.Open("internal HeadLayers(TorchSharp::torch.Device? device)"))
        {
            foreach (Layer layer in model.Head)
            {
                writer.Line($"{layer.Member} = Register({SourceWriter.Quote(layer.Name)}, {LayerEmitter.Creation(layer)});");
            }
        }
        IReadOnlyList<LayerSection> sections = LayerSection.Divide([.. model.Head], model.Layers);
        EmitMembers(writer, model, sections);
        writer.Line();
        EmitDescription(writer, sections, runsHead: false);
    }
}
