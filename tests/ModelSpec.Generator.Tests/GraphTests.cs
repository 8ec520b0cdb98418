using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using ModelSpec.Backbones;
using ModelSpec.Layers;
using ModelSpec.Networks;
using ModelSpec.Plans;

namespace ModelSpec.Generator.Tests;

/// <summary>Classes of networks that are graphs.</summary>
public class GraphTests
{
    private const string Pooled = "\"global_average_pool\", \"linear(2)\"";
    private const string Vector = "\"linear(2)\", \"softmax\"";

    /// <summary>A built-in backbone, and small ones of <c>Backbones</c> that have every operation between them.</summary>
    private static readonly (string Backbone, string Head)[] Reviewed =
    [
        ("resnet18", Pooled), ("inception", Pooled), ("squeeze_excitation", Vector), ("dense", Pooled), ("convnext", Pooled), ("transformer", Vector),
    ];

    public static TheoryData<string> ReviewedNames => [.. Reviewed.Select(static r => r.Backbone)];

    public static TheoryData<string> BuiltInNames => [.. BackboneCatalogue.BuiltIn.Names];

    [Theory]
    [MemberData(nameof(ReviewedNames))]
    public void The_generated_source_is_as_reviewed(string backbone) => Snapshot.Match(backbone, Generated(backbone).SyntaxTrees.Last().ToString());

    [Fact]
    public void The_reviewed_sources_have_every_operation()
    {
        Type[] operations = [.. typeof(Primitive).Assembly.GetTypes().Where(static t => t.IsSubclassOf(typeof(Primitive)))];
        IEnumerable<Primitive> reviewed = Reviewed.SelectMany(static r => NetworkOf(r.Backbone).Layers).SelectMany(static layer => layer.Primitives);

        Assert.True(operations.Length > 10, "the operations are missing");
        Assert.Empty(operations.Except(reviewed.Select(static primitive => primitive.GetType())));
    }

    [Fact]
    public void The_reviewed_sources_have_every_activation_reshaping_and_use_of_a_parameter()
    {
        Primitive[] reviewed = [.. Reviewed.SelectMany(static r => NetworkOf(r.Backbone).Layers).SelectMany(static layer => layer.Primitives)];

        Assert.Empty(Enum.GetValues<Activation>().Except([Activation.None, .. reviewed.OfType<ActivatePrimitive>().Select(static a => a.Activation)]));
        Assert.Empty(Enum.GetValues<Reshaping>().Except(reviewed.OfType<ReshapePrimitive>().Select(static r => r.Reshaping)));
        Assert.Empty(Enum.GetValues<ParameterUse>().Except(reviewed.OfType<ParameterPrimitive>().Select(static p => p.Use)));
    }

    [Theory]
    [MemberData(nameof(ReviewedNames))]
    [MemberData(nameof(BuiltInNames))]
    public void The_class_compiles_without_a_warning_and_has_a_documented_member_for_each_layer_with_a_module(string backbone)
    {
        Compilation compilation = Generated(backbone);
        Network network = NetworkOf(backbone);

        Assert.Empty(compilation.GetDiagnostics());
        ClassDeclarationSyntax[] classes = [.. compilation.SyntaxTrees.Last().GetRoot().DescendantNodes().OfType<ClassDeclarationSyntax>()
            .Where(static c => c.BaseList is not null && !c.Modifiers.Any(SyntaxKind.FileKeyword))];
        Assert.Equal(["PetClassifier", "HeadLayers"], classes.Select(static c => c.Identifier.Text));
        Assert.Equal([.. network.Body.Where(HasModule).Select(static l => l.Member), "Head"], MembersOf(classes[0]));
        Assert.Equal(network.Head.Where(HasModule).Select(static l => l.Member), MembersOf(classes[1]));
        foreach (Layer layer in network.Layers.Where(HasModule))
        {
            string documentation = Assert.Single(classes[layer.InHead ? 1 : 0].Members.OfType<PropertyDeclarationSyntax>(), p => p.Identifier.Text == layer.Member)
                .GetLeadingTrivia().ToFullString();
            Assert.Contains($"<summary>Layer {layer.Index}, {layer.Type}", documentation, StringComparison.Ordinal);
            Assert.Contains(layer.Output.ToString(), documentation, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(BuiltInNames))]
    public void Each_block_has_a_comment_in_the_constructor_among_the_members_and_in_the_pass(string backbone)
    {
        string[] lines = [.. Generated(backbone).SyntaxTrees.Last().ToString().Split('\n').Select(static line => line.Trim())];
        string[] blocks = [.. NetworkOf(backbone).Layers.Select(static layer => layer.Block).OfType<string>().Distinct()];

        foreach (string block in blocks)
        {
            Assert.Single(lines, line => line == $"// {block}");
            Assert.Equal(2, lines.Count(line => line.StartsWith($"// {block}: [N, ", StringComparison.Ordinal)));
        }
    }

    /// <summary>Follows the statements of a pass from value to value.</summary>
    [Theory]
    [MemberData(nameof(ReviewedNames))]
    [MemberData(nameof(BuiltInNames))]
    public void Each_step_of_the_pass_reads_what_its_layer_reads(string backbone)
    {
        MethodDeclarationSyntax pass = Generated(backbone).SyntaxTrees.Last().GetRoot().DescendantNodes().OfType<MethodDeclarationSyntax>()
            .First(static m => m.Identifier.Text == "Describe");
        var statements = new Queue<StatementSyntax>(pass.Body!.Statements);
        var values = new Dictionary<string, int>(StringComparer.Ordinal);
        int current = 0;
        if (statements.Peek().ToString().EndsWith("= pass.Current;", StringComparison.Ordinal)) Name(statements.Dequeue(), current);

        foreach (Layer layer in NetworkOf(backbone).Body.Skip(1))
        {
            foreach (Primitive primitive in layer.Primitives)
            {
                StatementSyntax statement = statements.Dequeue();
                InvocationExpressionSyntax call = statement.DescendantNodes().OfType<InvocationExpressionSyntax>().Single();
                string[] names = [.. call.ArgumentList.Arguments.Select(static a => a.Expression).OfType<IdentifierNameSyntax>().Select(static n => n.Identifier.ValueText)];
                bool isModule = call.Expression.ToString() == "pass.Run";
                if (isModule) Assert.Equal(layer.Member, names[0]);
                int[] operands = [.. names.Skip(isModule ? 1 : 0).Select(name => values[name])];
                bool isFirst = ReferenceEquals(primitive, layer.Primitives[0]);
                Assert.Equal(isFirst ? layer.Inputs : [layer.Index], operands.Length > 0 ? operands : [current]);
                current = layer.Index;
                if (ReferenceEquals(primitive, layer.Primitives[^1])) Name(statement, current);
                else Assert.IsType<ExpressionStatementSyntax>(statement);
            }
        }
        Assert.Equal("pass.Run(Head);", Assert.Single(statements).ToString());

        void Name(StatementSyntax statement, int layer)
        {
            if (statement is LocalDeclarationStatementSyntax local) values.Add(local.Declaration.Variables.Single().Identifier.ValueText, layer);
        }
    }

    private static bool HasModule(Layer layer) => layer.Main is not (null or AddPrimitive or MultiplyPrimitive or ConcatenatePrimitive);

    private static IEnumerable<string> MembersOf(ClassDeclarationSyntax type) =>
        type.Members.OfType<PropertyDeclarationSyntax>().Select(static p => p.Identifier.Text).Where(static name => name != "Labels");

    private static Compilation Generated(string backbone)
    {
        GeneratorRun.Driver([.. Own(backbone), new GeneratorRun.Text("/p/pets.modelspec", SpecOf(backbone))])
            .RunGeneratorsAndUpdateCompilation(GeneratorRun.Compilation(), out Compilation updated, out ImmutableArray<Diagnostic> diagnostics);
        Assert.Empty(diagnostics);
        return updated;
    }

    private static Network NetworkOf(string backbone)
    {
        IEnumerable<BackboneTable> tables = Own(backbone).Select(static file => BackboneReader.Read(file.GetText().ToString(), file.Path).Value!);
        return TrainingPlanBuilder.Build(SpecOf(backbone), "pets.modelspec", new BackboneCatalogue(tables)).Value!.Network;
    }

    private static string SpecOf(string backbone)
    {
        string? head = Reviewed.FirstOrDefault(r => r.Backbone == backbone).Head;
        return GeneratorRun.SpecOf(backbone, head ?? (backbone.StartsWith("vit", StringComparison.Ordinal) ? Vector : Pooled));
    }

    private static IEnumerable<GeneratorRun.Text> Own(string backbone) =>
        BackboneCatalogue.BuiltIn.Find(backbone) is null ? [GeneratorRun.Backbone(backbone)] : [];
}
