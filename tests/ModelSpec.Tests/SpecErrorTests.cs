using ModelSpec.Diagnostics;
using ModelSpec.Plans;

namespace ModelSpec.Tests;

public class SpecErrorTests
{
    [Fact]
    public void A_spec_as_the_language_describes_it_has_no_errors() => Specs.Network(Specs.Flowers);

    // The replaced text, its replacement, the position of the error, its code, and a part of its message.
    [Theory]
    [InlineData("seed      = 42", "seed = = 42", "= 42", "MSPEC0001", "")]
    [InlineData("epochs = 25", "epochs = 25\nepoch = 3", "epoch = 3", "MSPEC0002", "Did you mean 'epochs'?")]
    [InlineData("[head]", "[haed]", "haed", "MSPEC0002", "Did you mean 'head'?")]
    [InlineData("name      = \"FlowerClassifier\"", "", "model", "MSPEC0003", "'name'")]
    [InlineData("epochs = 25", "", "stage", "MSPEC0003", "'epochs'")]
    [InlineData("epochs = 25", "epochs = \"many\"", "\"many\"", "MSPEC0004", "a whole number, not a string")]
    [InlineData("epochs = 25", "epochs = 2.5", "2.5", "MSPEC0004", "a whole number, not a number")]
    [InlineData("epochs = 25", "epochs = 0", "0\nbatch", "MSPEC0005", "'epochs'")]
    [InlineData("optimizer = \"rmsprop\"\nlearning_rate = 0.001", "optimizer = \"rmsprop\"\nlearning_rate = 0", "0\n\n[[stage", "MSPEC0005", "above 0")]
    [InlineData("rotation = 30", "rotation = 400", "400", "MSPEC0005", "[0, 180]")]
    [InlineData("\"flowers17\"", "\"flowers17\"\ngroup = \"near-duplicate\"", "\"near-duplicate\"", "MSPEC0006", "Did you mean 'near-duplicates'?")]
    [InlineData("\"flowers17\"", "\"flowers17\"\nallow = \"image_0421.jpg\"", "\"image_0421.jpg\"", "MSPEC0004", "an array")]
    [InlineData("{ train = 0.75, test = 0.25 }", "{ train = \"a.txt\", test = \"b.txt\" }\ngroup = \"near-duplicates\"", "\"near-duplicates\"", "MSPEC0014", "write fractions")]
    [InlineData("dropout(0.5)", "dropout(1)", "\"dropout(1)\"", "MSPEC0005", "[0, 1)")]
    [InlineData("\"rmsprop\"", "\"rmsporp\"", "\"rmsporp\"", "MSPEC0006", "Did you mean 'rmsprop'?")]
    [InlineData("\"nearest\"", "\"nearst\"", "\"nearst\"", "MSPEC0006", "Did you mean 'nearest'?")]
    [InlineData("\"relu\"", "\"relo\"", "\"relo\"", "MSPEC0006", "Did you mean 'relu'?")]
    [InlineData("\"vgg16\"", "\"vgg61\"", "\"vgg61\"", "MSPEC0006", "Did you mean 'vgg16'?")]
    [InlineData("\"imagenet\"", "\"imagnet\"", "\"imagnet\"", "MSPEC0006", "Did you mean 'imagenet'?")]
    [InlineData("\"FlowerClassifier\"", "\"Flower Classifier\"", "\"Flower Classifier\"", "MSPEC0007", "class name")]
    [InlineData("\"Flowers17\"", "\"Flowers.17\"", "\"Flowers.17\"", "MSPEC0007", "namespace")]
    [InlineData("\"snowdrop\"", "\"!?\"", "\"!?\"", "MSPEC0007", "enum member")]
    [InlineData("\"FlowerClassifier\"", "\"record\"", "\"record\"", "MSPEC0031", "'RecordClassifier'")]
    [InlineData("\"FlowerClassifier\"", "\"Head\"", "\"Head\"", "MSPEC0031", "'HeadClassifier'")]
    [InlineData("\"FlowerClassifier\"", "\"class\"", "\"class\"", "MSPEC0007", "class name")]
    [InlineData("\"snowdrop\"", "\"lilyvalley\"", "\"lily valley\"", "MSPEC0030", "'lilyvalley' and 'lily valley'")]
    [InlineData("\"fine-tune\"", "\"warm-up\"", "\"warm-up\"\nfreeze = \"0..14\"", "MSPEC0032", "Stage 1 is called 'warm-up'")]
    [InlineData("\"fine-tune\"", "\" \"", "\" \"", "MSPEC0005", "'name'")]
    [InlineData("\"flowers17\"", "\"\\t\"", "\"\\t\"", "MSPEC0005", "'source'")]
    [InlineData("\"imagenet\"", "\"imagenet", "\"imagenet\ninput", "MSPEC0001", "has no end")]
    [InlineData("\"imagenet\"", "'imagenet", "'imagenet\ninput", "MSPEC0001", "has no end")]
    [InlineData("\"imagenet\"", "\"imagenet\\", "\"imagenet\\\ninput", "MSPEC0001", "has no end")]
    [InlineData("\"imagenet\"", "\"\"\"imagenet\"", "\"\"\"imagenet", "MSPEC0001", "has no end")]
    [InlineData("seed      = 42", "seed = = 42 # it's \"here", "= 42", "MSPEC0001", "")]
    [InlineData("\"snowdrop\"", "\"Lily_Valley\"", "\"lily valley\"", "MSPEC0008", "'LilyValley'")]
    [InlineData("linear(3)", "linear(4)", "\"linear(4)\"", "MSPEC0009", "write \"linear(3)\"")]
    [InlineData("\"flatten\", ", "", "\"linear(256)\"", "MSPEC0010", "flatten")]
    [InlineData("\"relu\", ", "\"softmax\", ", "\"softmax\", \"drop", "MSPEC0010", "only be the last")]
    [InlineData("\"0..18\"", "\"0..99\"", "\"0..99\"", "MSPEC0011", "0..24")]
    [InlineData("\"0..18\"", "\"9..3\"", "\"9..3\"", "MSPEC0011", "ends before it begins")]
    [InlineData("\"0..18\"", "\"..block6_pool\"", "\"..block6_pool\"", "MSPEC0011", "Did you mean 'block1_pool'?")]
    [InlineData("\"0..18\"", "\"..18, batch_norms\"", "\"..18, batch_norms\"", "MSPEC0011", "no batch normalisation")]
    [InlineData("\"0..18\"", "\"0..24\"", "\"0..24\"", "MSPEC0012", "head begins at layer 19")]
    [InlineData("[224, 224]", "[31, 224]", "[31, 224]", "MSPEC0013", "32×32")]
    [InlineData("test = 0.25", "test = 0.5", "{ train", "MSPEC0014", "sum to 1.25")]
    [InlineData(", test = 0.25", "", "{ train", "MSPEC0014", "'train' and 'test'")]
    [InlineData("{ train = 0.75, test = 0.25 }", "{ train = \"train.txt\", test = \"val\" }", "\"val\"", "MSPEC0039", "'train.txt' is a list of images, but 'val' is a folder")]
    [InlineData("{ train = 0.75, test = 0.25 }", "{ train = \"a\", validation = \"b.TXT\", test = \"c\" }", "\"a\"", "MSPEC0039", "'b.TXT' is a list")]
    [InlineData("{ train = 0.75, test = 0.25 }", "{ train = \"a.txt\", validation = \"b.txt\", test = \"a.txt\" }", "\"a.txt\" }", "MSPEC0040", "'a.txt'")]
    [InlineData("{ train = 0.75, test = 0.25 }", "{ train = \"a.txt\", validation = 0.25, test = \"b.txt\" }", "0.25, test", "MSPEC0004", "a string")]
    [InlineData("{ train = 0.75, test = 0.25 }", "{ train = \"a.txt\", tests = \"b.txt\", test = \"b.txt\" }", "tests", "MSPEC0002", "Did you mean 'test'?")]
    [InlineData("weights      = \"imagenet\"", "weights = \"imagenet\"\nwidth = 0.5", "0.5\ninput", "MSPEC0005", "no width multiplier")]
    [InlineData("weights      = \"imagenet\"", "weights = \"imagenet\"\npreprocess = \"cafe\"", "\"cafe\"", "MSPEC0006", "Did you mean 'caffe'?")]
    [InlineData("epochs = 25", "epochs = 25\nschedule = \"cosin\"", "\"cosin\"", "MSPEC0006", "Did you mean 'cosine'?")]
    [InlineData("epochs = 25", "epochs = 25\nschedule = \"step\"", "stage", "MSPEC0003", "'step_size'")]
    [InlineData("epochs = 25", "epochs = 25\nwarmup_epochs = 25", "25\nbatch", "MSPEC0005", "[0, 24]")]
    [InlineData("epochs = 25", "epochs = 25\nlabel_smoothing = 1", "1\nbatch", "MSPEC0005", "[0, 1)")]
    [InlineData("epochs = 25", "epochs = 25\nclass_weights = \"balance\"", "\"balance\"", "MSPEC0006", "Did you mean 'balanced'?")]
    [InlineData("[head]", "[predict]\ncalibrate = true\n\n[head]", "true\n\n[head]", "MSPEC0042", "add validation")]
    [InlineData("[head]", "[predict]\naccept = 0.95\n\n[head]", "0.95", "MSPEC0042", "accept chooses a confidence on validation images")]
    [InlineData("[head]", "[predict]\naccept = 1\n\n[head]", "1\n\n[head]", "MSPEC0005", "in (0, 1)")]
    [InlineData("[head]", "[predict]\naccept = \"high\"\n\n[head]", "\"high\"", "MSPEC0004", "a number")]
    [InlineData("[head]", "[predict]\ncalibrat = true\n\n[head]", "calibrat", "MSPEC0002", "Did you mean 'calibrate'?")]
    [InlineData("source = \"flowers17\"", "source = \"flowers17\"\noutside = \"other\"", "\"other\"", "MSPEC0042", "outside compares foreign images with validation images")]
    [InlineData("source = \"flowers17\"", "source = \"flowers17\"\noutside = [\"a\", \"b\", \"a\"]", "\"a\"]", "MSPEC0043", "'a'")]
    [InlineData("source = \"flowers17\"", "source = \"flowers17\"\noutside = [\"a\", \" \"]", "\" \"]", "MSPEC0005", "a folder")]
    [InlineData("source = \"flowers17\"", "source = \"flowers17\"\noutside = 3", "3\n", "MSPEC0004", "a string")]
    [InlineData("epochs = 25", "epochs = 25\nearly_stopping = 3", "3\nbatch", "MSPEC0014", "add validation")]
    [InlineData("epochs = 25", "epochs = 25\nshards = 6", "6\nbatch", "MSPEC0005", "must be a power of two, such as 4 or 8, not 6")]
    [InlineData("epochs = 25", "epochs = 25\nshards = 64", "64\nbatch", "MSPEC0005", "shards")]
    public void An_error_has_its_code_its_place_and_the_way_out(string old, string replacement, string place, string code, string message)
    {
        string text = Specs.With(old, replacement);

        Diagnostic diagnostic = Assert.Single(Specs.Build(text).Diagnostics, d => d.Descriptor.Code == code);

        (int line, int column) = Specs.Position(text, place);
        Assert.Equal($"flowers.modelspec({line},{column}): error {code}: {diagnostic.Message}", diagnostic.ToString());
        Assert.Contains(message, diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_error_of_a_spec_is_reported_at_once()
    {
        string text = Specs.Flowers.Replace("\"rmsprop\"", "\"x\"", StringComparison.Ordinal).Replace("seed      = 42", "seed = -1", StringComparison.Ordinal);

        Result<TrainingPlan> result = Specs.Build(text);

        Assert.Null(result.Value);
        Assert.Equal(["MSPEC0005", "MSPEC0006"], result.Diagnostics.Select(static d => d.Descriptor.Code));
    }

    [Fact]
    public void An_empty_spec_names_every_table_that_is_missing()
    {
        Result<TrainingPlan> result = Specs.Build("");

        Assert.Equal(5, result.Diagnostics.Count);
        Assert.All(result.Diagnostics, static d => Assert.Equal("MSPEC0003", d.Descriptor.Code));
    }
}
