using System.Reflection;
using ModelSpec.Backbones;
using ModelSpec.Diagnostics;
using ModelSpec.Layers;
using ModelSpec.Layers.Types;
using ModelSpec.Text;
using ModelSpec.Toml;

namespace ModelSpec.Tests;

/// <summary>The example of <c>docs/backbones.md</c>: it is compiled here, and the page has the same text.</summary>
public class LayerTypeExampleTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Metadata("Docs"), "backbones.md")).ReplaceLineEndings("\n");

    [Fact]
    public void The_page_shows_the_file_that_is_compiled()
    {
        string file = File.ReadAllText(Path.Combine(Metadata("Examples"), "PointwiseConv2d.cs")).ReplaceLineEndings("\n");

        Assert.Contains($"```csharp\n{file.TrimEnd()}\n```\n", Page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_example_is_a_convolution_of_each_pixel()
    {
        var bag = new DiagnosticBag("small.backbone");
        TomlTable row = TomlTree.Parse("filters = 8\nbias = false", bag)!;

        LayerDefinition layer = new PointwiseConv2dType().Read(new LayerKeys(new TableReader(row, "the row", SourceSpan.FileStart, bag)));
        Lowering lowered = layer.Lower([new Shape(3, 20, 12)], 0.5);

        Assert.False(bag.HasErrors);
        Assert.Equal(new Shape(4, 20, 12), lowered.Output);
        Assert.Equal([new StateTensor("weight", [4, 3, 1, 1], true)], Assert.Single(lowered.Primitives).State);
        Assert.Equal(" bias False", layer.DescribeForDigest(lowered));
        Assert.Equal("a convolution needs rows and columns, not [N, 3]", layer.Lower([Shape.Vector(3)], 1).Problem);
    }

    [Fact]
    public void The_page_lists_every_layer_type_backbone_and_weight_set()
    {
        Assert.All(LayerCatalogue.OfBackbones.Keys, static word => Assert.Contains($"`{word}`", Page, StringComparison.Ordinal));
        foreach (BackboneTable table in BackboneCatalogue.BuiltIn.Names.Select(static name => BackboneCatalogue.BuiltIn.Find(name)!))
        {
            string row = Page.Split('\n').Single(line => line.StartsWith($"| `{table.Name}` |", StringComparison.Ordinal));
            Assert.Contains($"{table.Height} × {table.Width}", row, StringComparison.Ordinal);
            Assert.All(table.WeightSets, set => Assert.Contains($"`{set.Name}`", row, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void The_tables_of_the_page_are_read()
    {
        string[] tables = [.. Page.Split("```toml\n").Skip(1).Select(static block => block.Split("```")[0]).Where(static block => block.StartsWith("name", StringComparison.Ordinal))];

        Assert.Equal(2, tables.Length);
        Assert.All(tables, static text => Assert.Empty(BackboneReader.Read(text, "page.backbone").Diagnostics));
    }

    private static string Metadata(string key) => typeof(LayerTypeExampleTests).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
