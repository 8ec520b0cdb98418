using ModelSpec.Diagnostics;
using ModelSpec.Language;
using ModelSpec.Plans;

namespace ModelSpec.Tests;

/// <summary>Parts of plugins in a spec: importers, processors, evaluators and exporters.</summary>
public class PartTests
{
    private const string Source = "source = \"flowers17\"";

    private const string Split = "split  = { train = 0.75, test = 0.25 }";

    private const string LastLine = "optimizer = \"sgd\"\nlearning_rate = 0.001";

    private static readonly PluginWords Words = Specs.Words(
        "importer:csv(path:text=path,label:text,skip:whole[0..]=0), importer:web, processor:random_erasing(probability:number[0..1]=0.25,gray:flag=false,scale:number=1), "
        + "evaluator:calibration(bins:whole[1..1000]=15), exporter:npz(level:whole), format:onnx_weights(.onnx)");

    [Theory]
    [InlineData("flowers17", "flowers17", "")]
    [InlineData("web", "web", "")]
    [InlineData("web:https://x.org/a:b", "web", "https://x.org/a:b")]
    [InlineData("web:", "web", "")]
    [InlineData("folders", "folders", "folders")]
    [InlineData("folders:flowers17", "folders", "flowers17")]
    [InlineData("pictures", "folders", "pictures")]
    [InlineData("./flowers17", "folders", "./flowers17")]
    [InlineData("C:\\\\pictures", "folders", "C:\\pictures")]
    [InlineData("c:/pictures", "folders", "c:/pictures")]
    [InlineData("./a:b", "folders", "./a:b")]
    [InlineData("my pictures: new", "folders", "my pictures: new")]
    [InlineData("/data/a:b", "folders", "/data/a:b")]
    public void A_source_is_an_importer_or_a_folder(string source, string word, string argument)
    {
        TrainingPlan plan = Plan(Specs.With(Source, $"source = \"{source}\""));

        Assert.Equal(new PartUse(word, argument, []), plan.Importer);
    }

    [Fact]
    public void The_source_of_data_that_comes_split_is_a_folder_unless_it_names_an_importer()
    {
        const string folders = "split = { train = \"a\", test = \"b\" }";

        Assert.Equal(new PartUse("folders", "flowers17", []), Plan(Specs.With(Split, folders)).Importer);
        Assert.Equal("web", Plan(Specs.With(Split, folders).Replace(Source, "source = \"web:x\"", StringComparison.Ordinal)).Importer.Word);
    }

    [Fact]
    public void Lists_of_images_leave_the_source_to_its_importer()
    {
        const string lists = "split = { train = \"lists/train.txt\", validation = \"VAL.TXT\", test = \"../test.txt\" }";

        TrainingPlan plan = Plan(Specs.With(Split, lists));

        Assert.Equal(new PartUse("flowers17", "", []), plan.Importer);
        Assert.Equal(new ListSplit("lists/train.txt", "VAL.TXT", "../test.txt"), plan.Split);
    }

    [Fact]
    public void Early_stopping_looks_at_the_list_of_validation_images()
    {
        string stopping = Specs.With("epochs = 25", "epochs = 25\nearly_stopping = 3");

        Plan(stopping.Replace(Split, "split = { train = \"a.txt\", validation = \"b.txt\", test = \"c.txt\" }", StringComparison.Ordinal));

        string without = stopping.Replace(Split, "split = { train = \"a.txt\", test = \"c.txt\" }", StringComparison.Ordinal);
        Assert.Equal("MSPEC0014", Assert.Single(Specs.Build(without, Words).Diagnostics).Descriptor.Code);
    }

    [Fact]
    public void Parts_have_the_values_of_the_spec_and_the_defaults_of_the_plugin()
    {
        TrainingPlan plan = Plan(
            Specs.With(Source, "source = \"csv:lists/labels.csv\"\nlabel = \"species\"") + """


            [[processor]]
            name = "random_erasing"
            probability = 1

            [[processor]]
            name = "random_erasing"
            gray = true

            [[evaluator]]
            name = "calibration"

            [[export]]
            format = "npz"
            level = 9
            """);

        Assert.Equal(new PartUse("csv", "lists/labels.csv", [new("label", "species"), new("path", "path"), new("skip", 0L)]), plan.Importer);
        Assert.Equal(
            [
                new PartUse("random_erasing", "", [new("gray", false), new("probability", 1.0), new("scale", 1.0)]),
                new PartUse("random_erasing", "", [new("gray", true), new("probability", 0.25), new("scale", 1.0)]),
            ],
            plan.Processors);
        Assert.Equal([new PartUse("calibration", "", [new("bins", 15L)])], plan.Evaluators);
        Assert.Equal([new PartUse("npz", "", [new("level", 9L)])], plan.Exports);
    }

    [Fact]
    public void Weights_whose_name_ends_as_files_of_a_plugin_s_format_are_a_file()
    {
        TrainingPlan plan = Plan(Specs.With("weights      = \"imagenet\"", "weights = \"mine.onnx\""));

        Assert.Equal("mine.onnx", plan.WeightFile);
    }

    // The replaced text, its replacement, the position of the error, its code, and a part of its message.
    [Theory]
    [InlineData(Source, "source = \"cvs:labels.csv\"\nlabel = \"x\"", "\"cvs", "MSPEC0006", "Unknown importer 'cvs'. Did you mean 'csv'? Known: csv, flowers17, folders, web; the folder of this name is \"./cvs:labels.csv\".")]
    [InlineData(Source, "source = \"csv:labels.csv\"", "data]", "MSPEC0003", "'label': a string")]
    [InlineData(Source, "source = \"csv:labels.csv\"\nlabel = \"x\"\nskp = 3", "skp", "MSPEC0002", "in [data]. Did you mean 'skip'?")]
    [InlineData(Source, "source = \"csv:labels.csv\"\nlabel = 3", "3\nsplit", "MSPEC0004", "'label' must be a string, not a whole number")]
    [InlineData(Source, "source = \"csv:labels.csv\"\nlabel = \"x\"\nskip = -1", "-1", "MSPEC0005", "'skip' must be at least 0, not -1")]
    [InlineData(Source, "source = \"flowers17\"\nlabel = \"x\"", "label", "MSPEC0002", "'label'")]
    [InlineData(LastLine, LastLine + "\n[[processor]]\nname = \"random_erasin\"\nstrength = 3", "\"random_erasin\"", "MSPEC0006", "Unknown processor 'random_erasin'. Did you mean 'random_erasing'?")]
    [InlineData(LastLine, LastLine + "\n[[processor]]\nprobability = 1", "processor", "MSPEC0003", "[[processor]] 1 needs the key 'name'")]
    [InlineData(LastLine, LastLine + "\n[[processor]]\nname = 31", "31", "MSPEC0004", "'name'")]
    [InlineData(LastLine, LastLine + "\n[[processor]]\nname = \"random_erasing\"\nprobabilty = 1", "probabilty", "MSPEC0002", "in [[processor]] 1. Did you mean 'probability'?")]
    [InlineData(LastLine, LastLine + "\n[[processor]]\nname = \"random_erasing\"\nprobability = 1.5", "1.5", "MSPEC0005", "in [0, 1]")]
    [InlineData(LastLine, LastLine + "\n[[processor]]\nname = \"random_erasing\"\nscale = inf", "inf", "MSPEC0005", "a finite number")]
    [InlineData(LastLine, LastLine + "\n[[processor]]\nname = \"random_erasing\"\ngray = \"yes\"", "\"yes\"", "MSPEC0004", "true or false")]
    [InlineData(LastLine, LastLine + "\n[[evaluator]]\nname = \"calibration\"\nbins = 1.5", "1.5", "MSPEC0004", "a whole number")]
    [InlineData(LastLine, LastLine + "\n[[evaluator]]\nname = \"npz\"", "\"npz\"", "MSPEC0006", "Unknown evaluator 'npz'. Known: calibration, report")]
    [InlineData(LastLine, LastLine + "\n[[export]]\nformat = \"nzp\"", "\"nzp\"", "MSPEC0006", "Unknown exporter 'nzp'. Did you mean 'npz'? Known: ")]
    [InlineData(LastLine, LastLine + "\n[[export]]\nformat = \"npz\"", "export", "MSPEC0003", "'level': a whole number")]
    [InlineData(LastLine, LastLine + "\n[[export]]\nname = \"npz\"", "export", "MSPEC0003", "'format'")]
    public void An_error_in_a_part_has_its_code_its_place_and_the_nearest_name(
        string old, string replacement, string place, string code, string message, int occurrence = 1)
    {
        string text = Specs.With(old, replacement);

        Diagnostic diagnostic = Assert.Single(Specs.Build(text, Words).Diagnostics);

        int at = -1;
        for (int i = 0; i < occurrence; i++) at = text.IndexOf(place, at + 1, StringComparison.Ordinal);
        Assert.True(at >= 0, diagnostic.ToString());
        Assert.Equal((code, at), (diagnostic.Descriptor.Code, diagnostic.Span.Offset));
        Assert.Contains(message, diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_plugins_a_message_says_where_words_come_from()
    {
        Diagnostic diagnostic = Assert.Single(Specs.Build(Specs.Flowers + "\n[[processor]]\nname = \"x\"").Diagnostics);

        Assert.Contains("Known: none; plugins bring them", diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_spec_keeps_the_places_of_its_parts_and_their_values()
    {
        string text = Specs.With(Source, "source = \"csv:labels.csv\"\nlabel = \"species\"") + "\n[[processor]]\nprobability = 0.5\nname = \"random_erasing\"";

        Spec spec = SpecReader.Read(text, "flowers.modelspec", Words).Value!;

        Assert.Equal(text.IndexOf("\"csv:", StringComparison.Ordinal), spec.Data.Importer.Span.Offset);
        Assert.Equal(text.IndexOf("\"species\"", StringComparison.Ordinal), spec.Data.Importer.Place("label").Offset);
        Assert.Equal(spec.Data.Importer.Span, spec.Data.Importer.Place("path"));
        PartSection processor = Assert.Single(spec.Processors);
        Assert.Equal(text.IndexOf("\"random_erasing\"", StringComparison.Ordinal), processor.Span.Offset);
        Assert.Equal(text.IndexOf("0.5\nname", StringComparison.Ordinal), processor.Place("probability").Offset);
        Assert.Equal(processor.Span, processor.Place(null));
    }

    private static TrainingPlan Plan(string text)
    {
        Result<TrainingPlan> result = Specs.Build(text, Words);
        Assert.Empty(result.Diagnostics);
        return result.Value!;
    }
}
