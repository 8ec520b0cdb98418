using System.Reflection;
using ModelSpec.Language;
using ModelSpec.Plans;
using ModelSpec.Schemas;
using ModelSpec.Toml;

namespace ModelSpec.Tests;

/// <summary>The language as the reader's questions describe it.</summary>
public sealed class SpecLanguageTests
{
    private static readonly LanguageKey[] Keys = [.. SpecLanguage.Describe().All.SelectMany(static table => table.Keys)];

    public static TheoryData<string> Defaults => [.. Keys.Where(static key => key.Note?.Default is not null).Select(static key => key.Path)];

    [Fact]
    public void Every_key_has_a_description_and_every_description_a_key()
    {
        string[] keys = [.. Keys.Select(static key => key.Path)], notes = [.. KeyNotes.Paths];

        Assert.Contains("data.augment.zoom", keys);
        Assert.True(!keys.Except(notes).Any(), $"No description for editors: {string.Join(", ", keys.Except(notes))}. Add each to src/ModelSpec/Schemas/KeyNotes.cs.");
        Assert.True(!notes.Except(keys).Any(), $"The reader does not know {string.Join(", ", notes.Except(keys))}, which src/ModelSpec/Schemas/KeyNotes.cs describes.");
    }

    [Fact]
    public void The_reader_asks_for_the_type_of_every_key_that_it_looks_at()
    {
        var probe = new LanguageProbe();
        probe.Explore();

        Assert.Empty(probe.UntypedKeys);
    }

    [Fact]
    public void The_documentation_has_every_key()
    {
        string document = File.ReadAllText(Path.Combine(Metadata("Docs"), "language.md"));

        Assert.Empty(Keys.Where(key => !document.Contains($"`{key.Name}`", StringComparison.Ordinal) && !document.Contains($"[{key.Path}]", StringComparison.Ordinal)).Select(static key => key.Path));
    }

    [Theory]
    [InlineData("momentum", "optimizer", "sgd,rmsprop", "")]
    [InlineData("nesterov", "optimizer", "sgd", "")]
    [InlineData("eps", "optimizer", "rmsprop,adam,adamw", "")]
    [InlineData("step_size", "schedule", "step", "step")]
    [InlineData("gamma", "schedule", "step", "")]
    [InlineData("eta_min", "schedule", "cosine", "")]
    public void A_key_that_depends_on_a_word_says_on_which(string key, string other, string values, string requiring)
    {
        KeyCondition condition = Assert.Single(Find("stage." + key).Conditions);

        Assert.Equal(other, condition.Key);
        Assert.Equal(values, string.Join(",", condition.Values));
        Assert.Equal(requiring, string.Join(",", condition.RequiringValues));
    }

    [Fact]
    public void Ranges_and_types_are_those_that_the_reader_checks()
    {
        Assert.Equal(new KeyForm(KeyKind.Number, 0, true, 1, false, []), Assert.Single(Find("data.augment.zoom").Forms));
        Assert.Equal(new KeyForm(KeyKind.Number, 0, false, double.PositiveInfinity, false, []), Assert.Single(Find("stage.learning_rate").Forms));
        Assert.Equal([KeyKind.Number, KeyKind.Text], Find("data.split.train").Forms.Select(static form => form.Kind));
        Assert.Equal(["sgd", "rmsprop", "adam", "adamw"], Assert.Single(Find("stage.optimizer").Forms).Words);
        Assert.True(Find("stage.epochs").IsRequired);
        Assert.False(Find("stage.batch_size").IsRequired);
        Assert.All(Keys.Where(static key => key.Path.StartsWith("data.augment.", StringComparison.Ordinal)), static key => Assert.Empty(key.Conditions));
        Assert.Equal(PartKind.Exporter, Find("export").Table!.PartKind);
    }

    // With the default written out, a spec is the same plan.
    [Theory]
    [MemberData(nameof(Defaults))]
    public void A_documented_default_is_the_readers(string path)
    {
        LanguageKey key = Find(path);
        string table = path[..path.LastIndexOf('.')];
        string value = key.Note!.Default switch { string text => $"\"{text}\"", bool flag => flag ? "true" : "false", IFormattable number => number.ToString(null, System.Globalization.CultureInfo.InvariantCulture), _ => "" };
        string condition = string.Concat(key.Conditions.Select(c => c.Key == "optimizer" ? "" : $"{c.Key} = \"{c.Values[0]}\"\n" + (c.Values[0] is "step" ? "step_size = 1\n" : "")));
        string optimizer = key.Conditions.FirstOrDefault(static c => c.Key == "optimizer")?.Values[0] as string ?? "sgd";
        string without = Spec(table, condition, optimizer), with = Spec(table, condition + $"{key.Name} = {value}\n", optimizer);

        Assert.Equal(Values(without), Values(with));
    }

    /// <summary>What a spec says, without positions.</summary>
    private static string Values(string text)
    {
        var read = SpecReader.Read(text, "a.modelspec", PluginWords.BuiltIn);
        Assert.True(read.Value is not null, string.Join("\n", read.Diagnostics));
        Spec spec = read.Value;
        StageSection stage = spec.Stages[0];
        return string.Join("\n", spec.Model.Seed, spec.Data.Augmentation ?? new Augmentation(0, 0, 0, 0, 0, false, 0, FillMode.Nearest), spec.Predict, stage.Freeze.Value,
            stage.BatchSize, stage.Optimizer, stage.BackboneRates, stage.Schedule, stage.Regularization, stage.EarlyStopping);
    }

    private static string Spec(string table, string lines, string optimizer)
    {
        string In(string name) => table == name ? lines : "";
        string Own(string name) => table == name ? $"[{name}]\n{lines}" : "";
        return $"""
            [model]
            name = "AClassifier"
            classes = ["a", "b"]
            {In("model")}
            [data]
            source = "photos"
            split = {"{"} train = 0.75, test = 0.25 {"}"}
            {In("data")}
            {Own("data.augment")}
            [backbone]
            architecture = "resnet18"
            weights = "none"
            {In("backbone")}
            [head]
            layers = ["global_average_pool", "linear(2)"]
            {Own("predict")}
            [[stage]]
            name = "learn"
            epochs = 3
            optimizer = "{optimizer}"
            learning_rate = 0.01
            {In("stage")}
            """;
    }

    private static LanguageKey Find(string path) => Keys.Single(key => key.Path == path);

    private static string Metadata(string key) =>
        typeof(SpecLanguageTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
