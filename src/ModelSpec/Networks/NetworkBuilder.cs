using ModelSpec.Backbones;
using ModelSpec.Diagnostics;
using ModelSpec.Language;
using ModelSpec.Layers;
using ModelSpec.Text;

namespace ModelSpec.Networks;

/// <summary>Builds the <see cref="Network"/> that a spec means, and checks that its layers fit.</summary>
internal static class NetworkBuilder
{
    /// <summary>Builds the network of a spec.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="backbone">What its <c>[backbone]</c> names.</param>
    /// <param name="bag">Where errors go.</param>
    /// <returns>The network, or null if the bag has errors.</returns>
    public static Network? Build(Spec spec, BackboneChoice backbone, DiagnosticBag bag)
    {
        (BackboneSection section, BackboneTable table) = (spec.Backbone, backbone.Table);
        (int height, int width) = section.Input?.Value ?? (table.Height, table.Width);
        BuiltBody body = BodyBuilder.Build(table, height, width, backbone.Multiplier, spec.Model.Name.Value);
        List<Layer> layers = body.Layers;
        if (body.Problem is { } problem)
        {
            bag.Report(SpecDiagnostics.Backbone, section.Input?.Span ?? section.Span, FormattableString.Invariant(
                $"An input of {height}×{width} does not fit {table.Title}: {problem}"));
            return null;
        }
        if (body.TooSmall is { } tooSmall)
        {
            bag.Report(SpecDiagnostics.InputTooSmall, section.Input?.Span ?? section.Span, height, width, table.Title,
                tooSmall.Index, tooSmall.Name, tooSmall.Output.Height, tooSmall.Output.Width, BodyBuilder.SmallestInput(table));
            return null;
        }

        int bodyLength = layers.Count;
        layers.AddRange(HeadBuilder.Build(spec.Head, layers[bodyLength - 1].Output, bodyLength, spec.Model.Classes.Count, bag));
        return bag.HasErrors
            ? null
            : new Network(
                spec.Model.Name.Value, spec.Model.Namespace?.Value,
                spec.Model.Classes.Select(static c => new ClassLabel(c.Value, Identifiers.ToPascalCase(c.Value))).ToEquatableArray(),
                table.Name, table.TopKeys, backbone.Preprocessing, layers.ToEquatableArray(), bodyLength, spec.Predict.Mirror,
                ImagePreparation.Of(backbone.WeightSet, table, height, width));
    }
}
