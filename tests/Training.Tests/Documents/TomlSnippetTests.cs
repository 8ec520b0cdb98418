using System.Text.RegularExpressions;
using FineTune.Training;
using ModelSpec.Backbones;
using ModelSpec.Diagnostics;
using ModelSpec.Language;

namespace Training.Tests.Documents;

/// <summary>The TOML in the documents is read without an error: specs and backbones, whole or in parts.</summary>
public sealed partial class TomlSnippetTests
{
    /// <summary>The tables of a spec, so that a part can take the place of its own.</summary>
    private static readonly (string Name, string Text)[] Tables =
    [
        ("model", "[model]\nname = \"FlowerClassifier\"\nclasses = [\"daisy\", \"tulip\"]\n"),
        ("data", "[data]\nsource = \"photos\"\nsplit = { train = 0.75, test = 0.25 }\n"),
        ("backbone", "[backbone]\narchitecture = \"efficientnet_lite0\"\nweights = \"imagenet\"\n"),
        ("head", "[head]\nlayers = [\"global_average_pool\", \"linear(2)\", \"softmax\"]\n"),
        ("stage", "[[stage]]\nname = \"learn\"\nepochs = 1\noptimizer = \"sgd\"\nlearning_rate = 0.1\n"),
    ];

    public static TheoryData<string, string> Blocks
    {
        get
        {
            var blocks = new TheoryData<string, string>();
            foreach (string document in Snippets.Documents)
            {
                foreach (string block in Snippets.Blocks(document, "toml")) blocks.Add(document, block);
            }
            return blocks;
        }
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void TOML_in_a_document_is_read_without_an_error(string document, string block)
    {
        // "…" stands for more of the same.
        string text = document == "README.md" ? AbbreviatedClasses().Replace(block, "17 classes").Replace("[17 classes]", $"[{string.Join(", ", Enumerable.Range(1, 17).Select(static i => $"\"c{i}\""))}]", StringComparison.Ordinal) : block;

        IReadOnlyList<string> errors = [.. IsOfBackbone(text) ? OfBackbone(text) : OfSpec(text)];

        Assert.True(errors.Count == 0, $"{document}:\n{block}\n{string.Join("\n", errors)}");
    }

    [Theory]
    [InlineData("[[stage]]\nname = \"a\"\nepoch = 3\n", "MSPEC0002")]
    [InlineData("split = { train = 0.5, test = 0.25 }\n", "MSPEC0014")]
    [InlineData("name = \"small\"\ninput = [8, 8]\nlayers = [{ name = \"input\", type = \"inputs\" }]\n", "MSPEC0006")]
    public void TOML_with_a_mistake_is_found(string text, string code) =>
        Assert.Contains(IsOfBackbone(text) ? OfBackbone(text) : OfSpec(text), error => error.Contains(code, StringComparison.Ordinal));

    private static bool IsOfBackbone(string text) => text.Contains("[[weights]]", StringComparison.Ordinal) || BackboneLayers().IsMatch(text);

    private static IEnumerable<string> OfBackbone(string text)
    {
        string table = text.StartsWith("[[", StringComparison.Ordinal)
            ? "name = \"small\"\ninput = [8, 8]\nwidth = [0.5, 1.0]\nlayers = [{ name = \"input\", type = \"input\" }]\n" + text
            : text;
        return BackboneReader.Read(table, "a.backbone").Diagnostics.Select(static d => d.ToString());
    }

    private static IEnumerable<string> OfSpec(string text)
    {
        // Lines without a table are alternatives for the same key of [data].
        if (!text.Contains('[', StringComparison.Ordinal) || !Header().IsMatch(text))
        {
            return text.StartsWith('#')
                ? OfWhole(text, "")
                : text.Split('\n', StringSplitOptions.RemoveEmptyEntries).SelectMany(line => OfWhole("", "[data]\nsource = \"photos\"\n" + line + "\n"));
        }
        return OfWhole("", text);
    }

    private static IEnumerable<string> OfWhole(string before, string text)
    {
        HashSet<string> given = [.. Header().Matches(text).Select(static match => match.Groups["name"].Value)];
        string spec = before + string.Concat(Tables.Where(table => !given.Contains(table.Name)).Select(static table => table.Text)) + text;
        PluginWords words = PluginWords.Read([new PluginItem(
            "plugin.dll", "importer:csv(path:text=path, label:text=label), processor:random_erasing(probability:number[0..1]=0.25), evaluator:calibration(bins:whole[1..100]=15), exporter:npz(compressed:flag=true)")]).Value!;
        return SpecReader.Read(spec, "a.modelspec", words).Diagnostics.Where(static d => d.IsError).Select(static d => d.ToString());
    }

    [GeneratedRegex(@"^\[\[?(?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex Header();

    [GeneratedRegex(@"^layers\s*=\s*\[\s*\{", RegexOptions.Multiline)]
    private static partial Regex BackboneLayers();

    [GeneratedRegex("(?<=classes = \\[)\"daffodil\".*?(?=\\])")]
    private static partial Regex AbbreviatedClasses();
}
