using System.Globalization;
using ModelSpec.Generator.Models;
using ModelSpec.Layers;
using ModelSpec.Networks;

namespace ModelSpec.Generator.Emit;

/// <summary>What generated classes hand to their base class, whatever the engine: what images are, and what weights must mean.</summary>
internal static class BaseCallEmitter
{
    /// <summary>Writes the call of the base class's constructor, after the first line of a constructor.</summary>
    public static void Emit(SourceWriter writer, ClassifierModel model)
    {
        Preprocessing p = model.Preprocessing;
        writer.Line("    : base(");
        writer.Line($"        {SourceWriter.Quote(model.ClassName)},");
        writer.Line("        new FineTune::Images.ImageSize(InputHeight, InputWidth),");
        writer.Line($"        new FineTune::Images.PixelTransform({(p.Bgr ? "true" : "false")}, {LayerEmitter.Number(p.Scale)}, [{Numbers(p.Mean)}], [{Numbers(p.Std)}]),");
        writer.Line("        Labels,");
        writer.Line($"        {SourceWriter.Quote(model.LayersDigest)}{(model.Mirror ? ", mirror: true" : "")}{Resize(model.Preparation)})");
    }

    private static string Resize(ImagePreparation? preparation) => preparation is null ? "" : string.Format(
        CultureInfo.InvariantCulture, ", resize: new FineTune::Images.ImageResize({0}, {1})",
        preparation.ShorterSide, preparation.IsBicubic ? "true" : "false");

    private static string Numbers(IEnumerable<double> values) => string.Join(", ", values.Select(LayerEmitter.Number));
}
