using System.Reflection;
using System.Text.Json.Nodes;
using FineTune.Training;
using FineTune.Training.Schemas;
using Json.Schema;
using ModelSpec.Language;
using ModelSpec.Schemas;

namespace Training.Tests.Schemas;

/// <summary>The JSON schema accepts what the reader accepts, and refuses what it refuses.</summary>
public sealed class SpecSchemaTests
{
    private static readonly string Repository = Path.GetFullPath(Path.Combine(Metadata("Docs"), ".."));

    private static readonly JsonSchema Schema = JsonSchema.FromText(SpecSchema.Write(PluginWords.BuiltIn));

    private const string Spec = """
        [model]
        name = "FlowerClassifier"
        classes = ["daisy", "tulip"]

        [data]
        source = "photos"
        split = { train = 0.75, test = 0.25 }

        [backbone]
        architecture = "resnet18"
        weights = "none"

        [head]
        layers = ["global_average_pool", "dropout(0.5)", "linear(2)", "softmax"]

        [[stage]]
        name = "learn"
        freeze = "..layer3"
        epochs = 3
        optimizer = "adam"
        learning_rate = 0.01
        """;

    public static TheoryData<string> Specs => [.. Directory.EnumerateFiles(Repository, "*.modelspec", SearchOption.AllDirectories)
        .Select(static file => Path.GetRelativePath(Repository, file))
        .Where(static file => !file.Split(Path.DirectorySeparatorChar).Any(static part => part is "bin" or "obj" or "node_modules"))
        .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Specs))]
    public void It_accepts_every_spec_of_the_repository(string file) =>
        Assert.Equal("", Errors(File.ReadAllText(Path.Combine(Repository, file))));

    [Theory]
    [InlineData("epochs = 3", "epochs = 3\nepoch = 3")]
    [InlineData("[model]", "[modell]\n[model]")]
    [InlineData("source = \"photos\"", "source = \"photos\"\nshuffle = true")]
    [InlineData("[head]", "[data.augment]\nflip = true\n[head]")]
    [InlineData("epochs = 3", "epochs = \"3\"")]
    [InlineData("epochs = 3", "epochs = 3.5")]
    [InlineData("epochs = 3", "epochs = 0")]
    [InlineData("epochs = 3", "")]
    [InlineData("learning_rate = 0.01", "learning_rate = 0")]
    [InlineData("learning_rate = 0.01", "learning_rate = -1")]
    [InlineData("\"adam\"", "\"adamm\"")]
    [InlineData("\"adam\"", "\"adam\"\nmomentum = 0.9")]
    [InlineData("\"adam\"", "\"adam\"\nbetas = [0.9]")]
    [InlineData("\"adam\"", "\"adam\"\nbetas = [0.9, 1.0]")]
    [InlineData("\"adam\"", "\"sgd\"\namsgrad = true")]
    [InlineData("\"adam\"", "\"adam\"\nschedule = \"step\"")]
    [InlineData("\"adam\"", "\"adam\"\nschedule = \"cosine\"\ngamma = 0.1")]
    [InlineData("\"adam\"", "\"adam\"\nstep_size = 3")]
    [InlineData("\"adam\"", "\"adam\"\neta_min = 0.0")]
    [InlineData("\"adam\"", "\"adam\"\nlayer_decay = 1.5")]
    [InlineData("\"adam\"", "\"adam\"\nclass_weights = true")]
    [InlineData("\"..layer3\"", "\"..\"")]
    [InlineData("\"..layer3\"", "\"layer1,,layer3\"")]
    [InlineData("\"..layer3\"", "3")]
    [InlineData("[\"daisy\", \"tulip\"]", "[\"daisy\"]")]
    [InlineData("[\"daisy\", \"tulip\"]", "[\"daisy\", \"daisy\"]")]
    [InlineData("[\"daisy\", \"tulip\"]", "[\"daisy\", 2]")]
    [InlineData("\"FlowerClassifier\"", "\"Flower Classifier\"")]
    [InlineData("\"FlowerClassifier\"", "\"\"")]
    [InlineData("train = 0.75, test = 0.25", "train = 0.75")]
    [InlineData("train = 0.75, test = 0.25", "train = 0, test = 1")]
    [InlineData("train = 0.75, test = 0.25", "train = \"train\", test = 0.25")]
    [InlineData("train = 0.75, test = 0.25", "train = 0.5, test = 0.25, val = 0.25")]
    [InlineData("train = 0.75, test = 0.25", "official = 0")]
    [InlineData("train = 0.75, test = 0.25", "official = 1, train = 0.75, test = 0.25")]
    [InlineData("train = 0.75, test = 0.25", "official = 1, validation = 0.25")]
    [InlineData("[head]", "[quality]\nmin_accuracy = 94\n[head]")]
    [InlineData("\"dropout(0.5)\"", "\"dropout\"")]
    [InlineData("\"dropout(0.5)\"", "\"drop(0.5)\"")]
    [InlineData("\"dropout(0.5)\"", "\"flatten(2)\"")]
    [InlineData("\"linear(2)\"", "\"linear(many)\"")]
    [InlineData("weights = \"none\"", "weights = \"none\"\ninput = [224]")]
    [InlineData("weights = \"none\"", "weights = \"none\"\ninput = [224, 0]")]
    [InlineData("weights = \"none\"", "weights = \"none\"\npreprocess = \"caffee\"")]
    [InlineData("[[stage]]", "[stage]")]
    [InlineData("[head]", "[predict]\nmirror = 1\n[head]")]
    [InlineData("[head]", "[[export]]\nformat = \"onnx\"\nexamples = 3\n[head]")]
    [InlineData("[head]", "[[export]]\nformat = \"report\"\nexamples = 300\n[head]")]
    [InlineData("[head]", "[[export]]\nformat = \"onnx\"\nmax_drop = \"low\"\n[head]")]
    [InlineData("[head]", "[[export]]\n[head]")]
    public void It_refuses_what_the_reader_refuses(string text, string replacement)
    {
        Assert.Contains(text, Spec, StringComparison.Ordinal);
        string broken = Spec.Replace(text, replacement, StringComparison.Ordinal);

        Assert.Equal("", Errors(Spec));
        Assert.NotEmpty(SpecSource.Parse(broken, Path.GetFullPath("broken.modelspec"), []).Diagnostics);
        Assert.NotEqual("", Errors(broken));
    }

    [Theory]
    [InlineData("\"..layer3\"", "\"..layer3, 61..62, batch_norms, head.fc1\"")]
    [InlineData("\"..layer3\"", "\"layer3 ..\"")]
    [InlineData("\"..layer3\"", "\"none\"")]
    [InlineData("\"dropout(0.5)\"", "\" dropout ( 5e-1 ) \"")]
    [InlineData("\"linear(2)\"", "\"linear(3)\", \"relu\", \"linear( 2 )\"")]
    [InlineData("\"adam\"", "\"rmsprop\"\nmomentum = 0.9\ncentered = true\nalpha = 0.9")]
    [InlineData("\"adam\"", "\"sgd\"\nmomentum = 0.9\nnesterov = true\nschedule = \"step\"\nstep_size = 2")]
    [InlineData("\"adam\"", "\"adamw\"\nbetas = [0.9, 0.99]\nschedule = \"cosine\"\neta_min = 0.001\nwarmup_epochs = 1")]
    [InlineData("train = 0.75, test = 0.25", "train = \"train.txt\", validation = \"val.txt\", test = \"test.txt\"")]
    [InlineData("[head]", "[[export]]\nformat = \"onnx\"\nprecision = \"int8\"\nmax_drop = 0.01\n[head]")]
    [InlineData("train = 0.75, test = 0.25", "official = 2")]
    [InlineData("[head]", "[quality]\nmin_accuracy = 0.94\nmax_drop = 0.0\n[head]")]
    [InlineData("\"FlowerClassifier\"", "\"BlütenKlasse\"")]
    [InlineData("name = \"FlowerClassifier\"", "name = \"FlowerClassifier\"\nnamespace = \"My.Flowers\"\nseed = 0")]
    public void It_accepts_what_the_reader_accepts(string text, string replacement)
    {
        Assert.Contains(text, Spec, StringComparison.Ordinal);
        string other = Spec.Replace(text, replacement, StringComparison.Ordinal);

        Assert.Empty(SpecSource.Parse(other, Path.GetFullPath("other.modelspec"), []).Diagnostics);
        Assert.Equal("", Errors(other));
    }

    [Fact]
    public void Words_of_plugins_are_accepted_and_checked_where_they_are_known()
    {
        string spec = Spec.Replace("\"photos\"", "\"csv:labels.csv\"\npath = \"file\"", StringComparison.Ordinal) + "\n\n[[processor]]\nname = \"random_erasing\"\nprobability = 2\n";
        PluginWords words = PluginWords.Read([new PluginItem("plugin.dll", "importer:csv(path:text=path), processor:random_erasing(probability:number[0..1]=0.25)")]).Value!;
        JsonSchema known = JsonSchema.FromText(SpecSchema.Write(words));

        Assert.Equal("", Errors(spec));
        Assert.Contains("probability", Errors(spec, known), StringComparison.Ordinal);
        Assert.Equal("", Errors(spec.Replace("probability = 2", "probability = 1", StringComparison.Ordinal), known));
        Assert.Contains("/data", Errors(Spec.Replace("\"photos\"", "\"csv:labels.csv\"\npaths = \"file\"", StringComparison.Ordinal), known), StringComparison.Ordinal);
    }

    [Fact]
    public void It_has_exactly_the_keys_of_the_language()
    {
        JsonObject schema = JsonNode.Parse(SpecSchema.Write(new PluginWords([.. PluginWords.BuiltIn.Parts.Where(static part => part.Kind == PartKind.Importer)])))!.AsObject();

        Assert.Equal(
            SpecLanguage.Describe().All.SelectMany(static table => table.Keys).Select(static key => key.Path).Order(StringComparer.Ordinal),
            Keys(schema, "").Order(StringComparer.Ordinal));

        static IEnumerable<string> Keys(JsonObject table, string path)
        {
            foreach ((string name, JsonNode? value) in table["properties"]?.AsObject() ?? [])
            {
                string key = path.Length == 0 ? name : $"{path}.{name}";
                yield return key;
                JsonObject inner = value!["items"] as JsonObject ?? value.AsObject();
                foreach (string child in Keys(inner, key)) yield return child;
            }
        }
    }

    [Fact]
    public void The_committed_schema_is_the_one_that_the_command_prints()
    {
        string committed = File.ReadAllText(Path.Combine(Repository, "docs", SpecSchema.FileName)).ReplaceLineEndings("\n");

        Assert.True(
            committed == SpecSchema.Write(PluginWords.BuiltIn),
            "docs/modelspec.schema.json is not the schema of this language. Write it again: dotnet run --project src/Training -- schema --out docs/modelspec.schema.json");
    }

    [Fact]
    public void The_schema_is_valid_itself() => Assert.Equal("", Errors(JsonNode.Parse(SpecSchema.Write(PluginWords.BuiltIn))!, MetaSchemas.Draft7));

    private static string Errors(string toml, JsonSchema? schema = null) => Errors(TomlJson.File(toml), schema ?? Schema);

    private static string Errors(JsonNode file, JsonSchema schema)
    {
        EvaluationResults results = schema.Evaluate(file, new EvaluationOptions { OutputFormat = OutputFormat.List });
        return results.IsValid
            ? ""
            : string.Join("\n", results.Details.Where(static d => d.HasErrors).Select(static d => $"{d.InstanceLocation}: {string.Join("; ", d.Errors!.Values)}")) + "\n(invalid)";
    }

    private static string Metadata(string key) =>
        typeof(SpecSchemaTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
