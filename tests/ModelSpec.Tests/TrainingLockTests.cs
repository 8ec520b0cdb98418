using System.Globalization;
using ModelSpec.Backbones;
using ModelSpec.Diagnostics;
using ModelSpec.Locks;
using ModelSpec.Plans;
using ModelSpec.Text;

namespace ModelSpec.Tests;

public class TrainingLockTests
{
    [Theory]
    [InlineData("plain", "\"plain\"")]
    [InlineData("a \"quote\" and a \\", "\"a \\\"quote\\\" and a \\\\\"")]
    [InlineData("tab\tand\u0001", "\"tab\\u0009and\\u0001\"")]
    [InlineData("Gänseblümchen 花", "\"Gänseblümchen 花\"")]
    public void Strings_have_one_literal(string value, string literal) => Assert.Equal(literal, TomlLiteral.Of(value));

    [Theory]
    [InlineData(30.0, "30")]
    [InlineData(0.001, "0.001")]
    [InlineData(1e-8, "1e-08")]
    [InlineData(0.1, "0.1")]
    public void Numbers_have_one_literal(double value, string literal) => Assert.Equal(literal, TomlLiteral.Of(value));

    [Fact]
    public void Numbers_are_written_as_NET_writes_them_on_every_runtime()
    {
        double[] edges =
        [
            0, -0.0, 1, 100, 1e14, 1e15, 1e16, 1e17, 1.5e17, 1234567890123456, 12345678901234567, 123456789012345678, 1e-4, 1e-5, 0.00012345, 0.000012345,
            1 / 3.0, 1 / 127.5, 0.1 + 0.2, 5e-324, double.MaxValue, double.MinValue, double.NaN, double.PositiveInfinity,
        ];
        var random = new Random(1);
        IEnumerable<double> drawn = Enumerable.Range(0, 20_000).Select(i => i % 2 == 0
            ? BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue))
            : Math.Round(random.NextDouble(), random.Next(16)) * Math.Pow(10, random.Next(-20, 20)));

        Assert.All(edges.Concat(drawn), static value => Assert.Equal(value.ToString("R", CultureInfo.InvariantCulture), RoundTripNumber.Format(value)));
    }

    [Fact]
    public void What_is_written_is_what_is_read()
    {
        string digest = TomlLiteral.Of(Digest.Of("x"));
        var written = new TrainingLock(
        [
            new Fact("", 0, "fingerprint", digest), new Fact("", 0, "weights", digest),
            new Fact("model", 0, "classes", TomlLiteral.Array(Enumerable.Range(0, 40).Select(static i => TomlLiteral.Of($"class \"{i}\"")))),
            new Fact("data.augment", 0, "zoom", TomlLiteral.Of(0.2)), new Fact("data", 0, "images", TomlLiteral.Of(3)),
            new Fact("stage", 2, "nesterov", TomlLiteral.Of(true)), new Fact("stage", 1, "eps", TomlLiteral.Of(1e-8)),
            new Fact("stage", 1, "betas", TomlLiteral.Array([TomlLiteral.Of(0.9), TomlLiteral.Of(0.999)])),
        ]);

        TrainingLock read = TrainingLock.Read(written.ToString(), "x.lock").Value!;

        Assert.Equal(written.ToString(), read.ToString());
        Assert.Empty(TrainingLock.Compare(written.Facts, read.Facts));
        Assert.Equal(Digest.Of("x"), read.Weights);
    }

    [Fact]
    public void Which_files_plugins_were_is_no_input_of_a_training()
    {
        var written = new TrainingLock([new Fact(TrainingLock.Plugins, 1, "file", "\"a.dll\""), new Fact("processor", 1, "name", "\"invert\"")]);

        Assert.Equal("processor", Assert.Single(written.Inputs).Table);
    }

    [Theory]
    [InlineData("<<<<<<< ours\n")]
    [InlineData("weights = \"sha256:00\"\nfingerprint = 3\n")]
    [InlineData("")]
    public void What_is_no_lock_is_refused(string text)
    {
        Result<TrainingLock> read = TrainingLock.Read(text, "x.lock");

        Assert.Null(read.Value);
        Assert.NotEmpty(read.Diagnostics);
    }

    [Fact]
    public void A_lock_of_a_later_version_is_refused()
    {
        string digest = TomlLiteral.Of(Digest.Of("x"));
        Assert.Null(TrainingLock.Read($"version = 2\nfingerprint = {digest}\nweights = {digest}\n", "x.lock").Value);
    }

    [Fact]
    public void Every_setting_of_a_spec_is_a_fact()
    {
        TrainingPlan plan = TrainingPlanBuilder.Build(Specs.Flowers, "f.modelspec", BackboneCatalogue.BuiltIn).Value!;
        Dictionary<string, string> facts = PlanFacts.Of(plan).ToDictionary(static f => f.Name, static f => f.Value);

        Assert.Equal("42", facts["[model] seed"]);
        Assert.Equal("[224, 224]", facts["[backbone] input"]);
        Assert.Equal("[\"flatten\", \"linear(256)\", \"relu\", \"dropout(0.5)\", \"linear(3)\", \"softmax\"]", facts["[head] layers"]);
        Assert.Equal("\"0..18\"", facts["[[stage]] 1 freeze"]);
        Assert.Equal("0.001", facts["[[stage]] 2 learning_rate"]);
        Assert.Equal("30", facts["[data.augment] rotation"]);
        Assert.Equal("0.75", facts["[data.split] train"]);
    }
}
