using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ModelSpec.Generator.Tests;

public class EmissionTests
{
    [Theory]
    [InlineData("flowers17")]
    [InlineData("flowers17-mobilenet")]
    public void The_generated_source_is_as_reviewed(string spec) =>
        Snapshot.Match(spec, GeneratorRun.Generated($"/p/{spec}.modelspec", GeneratorRun.SpecText(spec)));

    [Fact]
    public void The_generated_source_for_onnx_runtime_is_as_reviewed() =>
        Snapshot.Match("flowers17-onnx", GeneratorRun.Generated("/p/flowers17.modelspec", GeneratorRun.SpecText("flowers17"), "onnx"));

    [Fact]
    public void A_class_on_onnx_runtime_names_no_type_of_torch()
    {
        string source = GeneratorRun.Generated("/p/flowers17.modelspec", GeneratorRun.SpecText("flowers17"), "ONNX");

        Assert.Contains("FineTune::OnnxImageClassifier<FlowerLabel>", source, StringComparison.Ordinal);
        Assert.DoesNotContain("torch", source, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("torch")]
    [InlineData("onnx")]
    public void Applications_use_the_class_of_either_engine_in_the_same_way(string runtime)
    {
        CSharpCompilation compilation = GeneratorRun.Compilation("""
            using System;
            using System.Collections.Generic;
            using System.IO;
            using System.Threading;
            using System.Threading.Tasks;
            using FineTune;
            using Flowers17;
            using Microsoft.Extensions.DependencyInjection;

            public static class Use
            {
                public static async Task<float> Everything(IServiceCollection services, Stream stream, byte[] bytes, CancellationToken token)
                {
                    services.AddFlowerClassifier(o => o.LargestBatch = 8);
                    using FlowerClassifier flowers = FlowerClassifier.Load(new() { Device = "cpu", SelfCheck = true });
                    using FlowerClassifier other = FlowerClassifier.Load("other.file");
                    IImageClassifier<FlowerLabel> any = flowers;
                    Prediction<FlowerLabel> p = any.Predict("photo.jpg");
                    IReadOnlyList<Prediction<FlowerLabel>> many = flowers.Predict(["a.jpg", "b.jpg"]);
                    p = flowers.Predict(stream);
                    p = flowers.Predict(bytes.AsSpan());
                    p = flowers.Predict(bytes, 2, 2);
                    p = await flowers.PredictAsync(bytes.AsMemory(), token);
                    p = await flowers.PredictAsync("photo.jpg", token);
                    p = await flowers.PredictAsync(stream, token);
                    many = await flowers.PredictAsync(["a.jpg", "b.jpg"], token);
                    await foreach (FilePrediction<FlowerLabel> file in any.PredictFilesAsync(Directory.EnumerateFiles("photos"), token)) _ = file.Prediction ?? throw file.Error!;
                    await using var batcher = new PredictionBatcher<FlowerLabel>(flowers);
                    p = await batcher.PredictAsync("photo.jpg", token);
                    _ = (FlowerClassifier.Labels[0], FlowerClassifier.ClassCount, FlowerClassifier.WeightsResource, FlowerClassifier.FreezePoints.WarmUp, many);
                    return flowers.Embed("photo.jpg")[FlowerClassifier.EmbeddingLength - 1] + p.Top(3)[0].Score;
                }
            }
            """);

        GeneratorRun.Driver(runtime, new GeneratorRun.Text("/p/flowers17.modelspec", GeneratorRun.SpecText("flowers17")))
            .RunGeneratorsAndUpdateCompilation(compilation, out Compilation updated, out ImmutableArray<Diagnostic> diagnostics);

        Assert.Empty(diagnostics);
        Assert.Empty(updated.GetDiagnostics().Where(static d => d.Severity >= DiagnosticSeverity.Warning));
    }

    [Theory]
    [InlineData("flowers17")]
    [InlineData("flowers17-mobilenet")]
    [InlineData("flowers17-efficientnet")]
    public void The_generated_source_compiles_without_a_warning(string spec)
    {
        CSharpCompilation compilation = GeneratorRun.Compilation("""
            using System.IO;
            using FineTune;
            using Flowers17;
            using Microsoft.Extensions.DependencyInjection;

            public static class Use
            {
                public static string Everything(IServiceCollection services, Stream stream)
                {
                    services.AddFlowerClassifier();
                    using FlowerClassifier flowers = FlowerClassifier.Load();
                    Prediction<FlowerLabel> p = flowers.Predict("photo.jpg");
                    foreach (var (label, score) in p.Top(3)) _ = (label, score);
                    return $"{p.Label} {p.Confidence:P1} {flowers.Predict(stream)} {flowers.Predict([1, 2])} {flowers.Head.Fc1.weight} {FlowerClassifier.FreezePoints.WarmUp}";
                }
            }
            """);

        GeneratorRun.Driver(new GeneratorRun.Text($"/p/{spec}.modelspec", GeneratorRun.SpecText(spec)))
            .RunGeneratorsAndUpdateCompilation(compilation, out Compilation updated, out ImmutableArray<Diagnostic> diagnostics);

        Assert.Empty(diagnostics);
        Assert.Empty(updated.GetDiagnostics().Where(static d => d.Severity >= DiagnosticSeverity.Warning));
    }

    [Fact]
    public void Dependency_injection_is_emitted_only_where_the_project_references_it()
    {
        GeneratorDriverRunResult result = GeneratorRun.Driver(new GeneratorRun.Text("/p/f.modelspec", GeneratorRun.SpecText("flowers17")))
            .RunGenerators(GeneratorRun.Compilation("", "Microsoft.Extensions.")).GetRunResult();

        Assert.DoesNotContain("AddFlowerClassifier", Assert.Single(result.GeneratedTrees).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Hosts_and_health_checks_are_used_where_the_project_references_them(bool hasHosting, bool hasHealthChecks)
    {
        string[] without = [.. hasHosting ? Array.Empty<string>() : ["Extensions.Hosting"], .. hasHealthChecks ? Array.Empty<string>() : ["HealthChecks"]];

        GeneratorRun.Driver(new GeneratorRun.Text("/p/f.modelspec", GeneratorRun.SpecText("flowers17")))
            .RunGeneratorsAndUpdateCompilation(GeneratorRun.Compilation("", without), out Compilation updated, out _);

        Assert.Empty(updated.GetDiagnostics());
        string source = updated.SyntaxTrees.Last().ToString();
        Assert.Equal(hasHosting, source.Contains("FlowerClassifierWarmUp", StringComparison.Ordinal));
        Assert.Equal(hasHealthChecks, source.Contains("FlowerClassifierHealthCheck", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_head_layer_and_asymmetric_padding_compile()
    {
        string spec = GeneratorRun.SpecText("flowers17-mobilenet").Replace(
            "\"global_average_pool\", \"linear(256)\", \"relu\"",
            "\"batch_norm\", \"global_max_pool\", \"linear(64)\", \"batch_norm\", \"gelu\", \"linear(256)\", \"tanh\"", StringComparison.Ordinal);

        GeneratorRun.Driver(new GeneratorRun.Text("/p/f.modelspec", spec))
            .RunGeneratorsAndUpdateCompilation(GeneratorRun.Compilation(), out Compilation updated, out _);

        Assert.Empty(updated.GetDiagnostics());
        Assert.Contains("Layers::BatchNorm1d BatchNorm2 ", updated.SyntaxTrees.Last().ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("resnet18", "256, false")]
    [InlineData("efficientnet_b0", "256, true")]
    public void The_class_resizes_images_as_its_weight_set_says(string backbone, string resize)
    {
        string spec = GeneratorRun.SpecText("flowers17-mobilenet")
            .Replace("\"mobilenet_v1\"", $"\"{backbone}\"", StringComparison.Ordinal).Replace("width        = 0.75", "", StringComparison.Ordinal);

        GeneratorRun.Driver(new GeneratorRun.Text("/p/f.modelspec", spec))
            .RunGeneratorsAndUpdateCompilation(GeneratorRun.Compilation(), out Compilation updated, out _);

        Assert.Empty(updated.GetDiagnostics());
        Assert.Contains($", resize: new FineTune::Images.ImageResize({resize}))", updated.SyntaxTrees.Last().ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_label_text_cannot_break_the_source()
    {
        string spec = GeneratorRun.SpecText("flowers17").Replace("\"daffodil\"", "\"a</summary> & \\\"b\\\"\"", StringComparison.Ordinal);

        GeneratorRun.Driver(new GeneratorRun.Text("/p/f.modelspec", spec))
            .RunGeneratorsAndUpdateCompilation(GeneratorRun.Compilation(), out Compilation updated, out _);

        Assert.Empty(updated.GetDiagnostics());
    }
}
