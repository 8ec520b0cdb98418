using ModelSpec.Generator.Models;

namespace ModelSpec.Generator.Emit;

/// <summary>Writes what a class on ONNX Runtime has: nothing but its loading, as the layers are in the model.</summary>
internal static class OnnxClassEmitter
{
    /// <summary>Writes the members after the constants.</summary>
    public static void Emit(SourceWriter writer, ClassifierModel model)
    {
        writer.Line($"private {model.ClassName}()");
        BaseCallEmitter.Emit(writer, model);
        writer.Line("{");
        writer.Line("}");
        writer.Line();
        LoadEmitter.Emit(writer, model);
    }
}
