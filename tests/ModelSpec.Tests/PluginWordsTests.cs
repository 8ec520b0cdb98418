using ModelSpec.Diagnostics;
using ModelSpec.Language;

namespace ModelSpec.Tests;

public class PluginWordsTests
{
    [Fact]
    public void What_a_plugin_provides_is_read_with_keys_ranges_and_defaults()
    {
        PluginWords words = Specs.Words(
            "importer:csv(path:text=path, label:text=), processor : random_erasing ( probability : number [0..1] = 0.25 , gray:flag=false ),"
            + "evaluator:calibration(bins:whole[1..]=15, k:whole), exporter:npz, format:onnx_weights(.onnx, .onnx.gz), exporter:empty()");

        Assert.Equal(
            [
                "importer:csv(path:text=path,label:text=)", "processor:random_erasing(probability:number[0..1]=0.25,gray:flag=false)",
                "evaluator:calibration(bins:whole[1..]=15,k:whole)", "exporter:npz", "format:onnx_weights(.onnx,.onnx.gz)", "exporter:empty",
            ],
            words.Parts.Where(static part => part.Plugin == "/p/flowers.dll").Select(static part => part.Text));
        PartWord erasing = words.Find(PartKind.Processor, "random_erasing")!;
        Assert.Equal([new PartKey("probability", PartValueKind.Number, 0.25, 0, 1), new PartKey("gray", PartValueKind.Flag, false)], erasing.Keys);
        Assert.Equal(new PartKey("bins", PartValueKind.Whole, 15L, 1), words.Find(PartKind.Evaluator, "calibration")!.Keys[0]);
        Assert.Null(words.Find(PartKind.Evaluator, "calibration")!.Keys[1].Default);
        Assert.Equal("", words.Find(PartKind.Importer, "csv")!.Keys[1].Default);
    }

    [Theory]
    [InlineData("processor:a_b(x:number[-0.5..]=-1e-07)")]
    [InlineData("processor:a_b(x:whole[-3..3]=-3,y:flag=true,z:text=a b:c=d)")]
    public void The_text_of_a_part_reads_back_as_the_part(string provides)
    {
        PartWord part = Specs.Words(provides).Parts[^1];

        Assert.Equal(part, Specs.Words(part.Text).Parts[^1]);
    }

    [Fact]
    public void The_built_in_words_are_there_with_those_of_plugins()
    {
        PluginWords words = Specs.Words("importer:csv, format:onnx_weights(.onnx)");

        Assert.Equal(["csv", "flowers17", "folders"], words.Words(PartKind.Importer));
        Assert.Equal([".pth", ".pt", ".safetensors", ".h5", ".keras", ".onnx"], words.WeightFileExtensions);
        Assert.Equal(PluginWords.BuiltIn, Specs.Words("  \n "));
    }

    [Fact]
    public void Equal_items_give_equal_words()
    {
        const string provides = "processor:random_erasing(probability:number[0..1]=0.25)";

        Assert.Equal(Specs.Words(provides), Specs.Words(provides));
        Assert.NotEqual(Specs.Words(provides), Specs.Words(provides.Replace("0.25", "0.5", StringComparison.Ordinal)));
    }

    // The text, the place of the error in it, and a part of the message.
    [Theory]
    [InlineData("csv", "csv", "write KIND:WORD")]
    [InlineData("exporter:npz,,importer:csv", ",importer", "write KIND:WORD")]
    [InlineData("exporter:npz,procesor:invert", "procesor", "Did you mean 'processor'?")]
    [InlineData("processor:x", "x", "at least two characters")]
    [InlineData("processor:Invert", "Invert", "lower-case letters")]
    [InlineData("processor:2d", "2d", "begins with a letter")]
    [InlineData("processor:ab)", "ab)", "lower-case letters")]
    [InlineData("processor:ab(cd:number", "(cd", "not closed")]
    [InlineData("processor:ab(cd:number) x", "(cd", "something follows it")]
    [InlineData("processor:ab(cd)", "cd", "write KEY:TYPE")]
    [InlineData("processor:ab(cd:number[0..1)", "cd", "write KEY:TYPE")]
    [InlineData("processor:ab(cd:number[0..1]2)", "cd", "write KEY:TYPE")]
    [InlineData("processor:ab(Cd:number)", "Cd", "a key has only lower-case letters")]
    [InlineData("processor:ab(name:text)", "name", "a meaning of its own")]
    [InlineData("importer:ab(x:text,split:text)", "split", "a meaning of its own")]
    [InlineData("processor:ab(cd:numbre)", "numbre", "Did you mean 'number'?")]
    [InlineData("processor:ab(cd:text[0..1])", "0..1", "only numbers have a range")]
    [InlineData("processor:ab(cd:number[..])", "..]", "both ends are allowed values")]
    [InlineData("processor:ab(cd:number[5])", "5]", "write FROM..TO")]
    [InlineData("processor:ab(cd:number[a..1])", "a..1", "not numbers")]
    [InlineData("processor:ab(cd:number[0..NaN])", "0..NaN", "not numbers")]
    [InlineData("processor:ab(cd:whole[0.5..1])", "0.5..1", "not whole numbers")]
    [InlineData("processor:ab(cd:number[2..1])", "2..1", "ends before it begins")]
    [InlineData("processor:ab(cd:number=many)", "many", "the default is not a number")]
    [InlineData("processor:ab(cd:number=)", ")", "the default is not a number")]
    [InlineData("processor:ab(cd:whole=0.5)", "0.5", "the default is not a whole number")]
    [InlineData("processor:ab(cd:flag=yes)", "yes", "the default is not true or false")]
    [InlineData("processor:ab(cd:number[0..1]=2)", "2)", "the default is not in [0, 1]")]
    [InlineData("processor:ab(cd:number,cd:text)", "cd:text", "this key is there twice")]
    [InlineData("processor:ab,evaluator:ab, processor:ab", "processor:ab", "this part is there twice", 2)]
    [InlineData("format:onnx_weights(onnx)", "onnx)", "for example .onnx")]
    [InlineData("format:onnx_weights(./x)", "./x", "for example .onnx")]
    [InlineData("processor:ab;processor:cd", ";", "parts are separated by commas")]
    [InlineData("processor:ab(cd:text='x')", "'x", "cannot be used")]
    public void An_error_in_what_a_plugin_provides_has_its_place(string provides, string place, string message, int occurrence = 1)
    {
        Result<PluginWords> result = PluginWords.Read([new PluginItem("/p/flowers.dll", provides)]);

        int at = -1;
        for (int i = 0; i < occurrence; i++) at = provides.IndexOf(place, at + 1, StringComparison.Ordinal);
        Diagnostic diagnostic = Assert.Single(result.Diagnostics);
        Assert.Equal($"/p/flowers.dll(1,{at + 1}): error MSPEC0037: {diagnostic.Message}", diagnostic.ToString());
        Assert.Contains("'flowers.dll'", diagnostic.Message, StringComparison.Ordinal);
        Assert.Contains(message, diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_part_that_cannot_be_read_leaves_the_others()
    {
        Result<PluginWords> result = PluginWords.Read([new PluginItem("/p/flowers.dll", "exporter:npz, processor:ab(cd:numbre), importer:csv")]);

        Assert.True(result.HasErrors);
        Assert.Equal(["exporter:npz", "importer:csv"], result.Value!.Parts.Skip(PluginWords.BuiltIn.Parts.Count).Select(static part => part.Text));
    }

    [Fact]
    public void Two_plugins_of_one_word_are_an_error_that_names_both()
    {
        Result<PluginWords> result = PluginWords.Read(
            [new PluginItem("/a/first.dll", "exporter:npz(a:whole=1)"), new PluginItem("/b/second.dll", "importer:csv,exporter:npz")]);

        Diagnostic diagnostic = Assert.Single(result.Diagnostics);
        Assert.StartsWith("/b/second.dll(1,14): error MSPEC0038: The exporter 'npz' comes from '/a/first.dll' and from '/b/second.dll'", diagnostic.ToString(), StringComparison.Ordinal);
        Assert.Equal("/a/first.dll", result.Value!.Find(PartKind.Exporter, "npz")!.Plugin);
    }

    [Fact]
    public void A_plugin_cannot_take_a_word_that_is_built_in()
    {
        Diagnostic diagnostic = Assert.Single(PluginWords.Read([new PluginItem("/a/first.dll", "importer:folders")]).Diagnostics);

        Assert.Contains("from FineTune itself and from '/a/first.dll'", diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_word_may_name_parts_of_different_kinds_and_an_item_may_be_there_twice()
    {
        var item = new PluginItem("/a/first.dll", "exporter:folders, evaluator:npz, exporter:npz");

        Assert.Empty(PluginWords.Read([item, item]).Diagnostics);
    }
}
