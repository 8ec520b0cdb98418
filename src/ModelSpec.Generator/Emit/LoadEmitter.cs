using ModelSpec.Generator.Models;

namespace ModelSpec.Generator.Emit;

/// <summary>Writes how a generated class is loaded.</summary>
internal static class LoadEmitter
{
    /// <summary>Writes both forms of <c>Load</c>.</summary>
    public static void Emit(SourceWriter writer, ClassifierModel model)
    {
        string name = model.ClassName;
        writer.Summary("Loads the classifier with the weights that the build embedded in this assembly.");
        writer.Line("/// <param name=\"options\">The device, and whether this machine is checked; null for the defaults.</param>");
        writer.Line("/// <exception cref=\"global::System.InvalidOperationException\">The assembly was built without trained weights, or the device does not exist.</exception>");
        writer.Line("/// <exception cref=\"global::System.IO.InvalidDataException\">The weights were trained for other classes, preprocessing or layers.</exception>");
        writer.Line("/// <exception cref=\"FineTune::Inference.WrongKernelException\">The network computes wrong results on this machine.</exception>");
        writer.Line("[global::System.Runtime.CompilerServices.OverloadResolutionPriority(1)]");
        using (writer.Open($"public static {name} Load(FineTune::ClassifierLoadOptions? options = null)"))
        {
            writer.Line($"return Fill(classifier => classifier.LoadResource(typeof({name}).Assembly, WeightsResource, options));");
        }
        writer.Line();
        writer.Summary($"Loads the classifier with the weights of {(model.Engine == Engine.Torch ? "a safetensors" : "an ONNX")} file.");
        writer.Line("/// <param name=\"path\">The file.</param>");
        writer.Line("/// <param name=\"options\">The device, and whether this machine is checked; null for the defaults.</param>");
        writer.Line("/// <exception cref=\"global::System.IO.IOException\">The file cannot be read.</exception>");
        writer.Line("/// <exception cref=\"global::System.IO.InvalidDataException\">The file is damaged, or was trained for other classes, preprocessing or layers.</exception>");
        writer.Line("/// <exception cref=\"FineTune::Inference.WrongKernelException\">The network computes wrong results on this machine.</exception>");
        using (writer.Open($"public static {name} Load(string path, FineTune::ClassifierLoadOptions? options = null)"))
        {
            writer.Line("return Fill(classifier => classifier.LoadFile(path, options));");
        }
        writer.Line();
        using (writer.Open($"private static {name} Fill(global::System.Action<{name}> fill)"))
        {
            if (model.Engine == Engine.Torch) writer.Line("// Without storage: the tensors of the file take the place of the layers' own.");
            writer.Line($"var classifier = new {name}({(model.Engine == Engine.Torch ? "TorchSharp::torch.META" : "")});");
            writer.Line("try");
            writer.Line("{");
            writer.Line("    fill(classifier);");
            writer.Line("    return classifier;");
            writer.Line("}");
            writer.Line("catch");
            writer.Line("{");
            writer.Line("    classifier.Dispose();");
            writer.Line("    throw;");
            writer.Line("}");
        }
    }
}
