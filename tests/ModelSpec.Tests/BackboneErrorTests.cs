using ModelSpec.Backbones;
using ModelSpec.Diagnostics;

namespace ModelSpec.Tests;

/// <summary>Every error of a backbone's table, with its position and its whole message.</summary>
public class BackboneErrorTests
{
    // Rows after the input, the place, the code and the message.
    [Theory]
    [InlineData("{ name = \"a\", type = \"relu\" }, { name = \"b\", type = \"relu\", from = \"aa\" }",
        "\"aa\"", "MSPEC0015", "No row above is called 'aa'. Did you mean 'a'?")]
    [InlineData("{ name = \"b\", type = \"relu\", from = \"far away\" }", "\"far away\"", "MSPEC0015", "No row above is called 'far away'.")]
    [InlineData("{ name = \"b\", type = \"relu\", from = \"$input\" }", "\"$input\"", "MSPEC0015", "No row above is called '$input'. Did you mean 'input'?")]
    [InlineData("{ name = \"a\", type = \"relu\", from = \"b\" }, { name = \"b\", type = \"relu\" }",
        "\"b\" }, ", "MSPEC0015", "'b' is below; a row can only read rows above it.")]
    [InlineData("{ name = \"a\", type = \"relu\", from = \"a\" }", "\"a\" }", "MSPEC0015", "'a' would read itself.")]
    [InlineData("{ name = \"a\", type = \"relu\" }, { name = \"b\", type = \"relu\", from = \"input\" }",
        "\"a\"", "MSPEC0015", "No row reads 'a'; name it in the 'from' of one, or remove it.")]
    [InlineData("{ name = \"a\", type = \"add\" }", "\"a\"", "MSPEC0015",
        "'a' reads one layer, but its type takes at least 2; name them: from = [\"…\", \"…\"].")]
    [InlineData("{ name = \"a\", type = \"multiply\", from = [\"input\", \"input\", \"input\"] }", "[\"input\", \"input\", \"input\"]", "MSPEC0015",
        "'a' reads 3 layers, but its type takes 2; name them: from = [\"…\", \"…\"].")]
    [InlineData("{ name = \"a\", type = \"relu\", from = [\"input\", \"input\"] }", "[\"input\", \"input\"]", "MSPEC0015", "'a' reads 2 layers, but its type takes one.")]
    [InlineData("{ name = \"a\", type = \"relu\", from = [] }", "[]", "MSPEC0015", "'a' reads no layer, but its type takes one.")]
    [InlineData("{ name = \"a\", type = \"relu\", from = 3 }", "3 }", "MSPEC0004", "'from' must be a string, not a whole number.")]
    [InlineData("{ name = \"a\", type = \"relu\", from = [\"input\", 3] }", "3] }", "MSPEC0004", "'from' must be a string, not a whole number.")]
    [InlineData("{ name = \"a\", type = \"input\", from = \"input\" }", "\"input\" },\n]", "MSPEC0015", "'a' reads one layer, but its type takes none.")]
    [InlineData("{ name = \"a\", type = \"relu\" }, { name = \"b\", type = \"input\" }", "\"b\"", "MSPEC0015", "Only the first layer can be the input.")]
    [InlineData("{ name = \"a_b\", type = \"relu\" }, { name = \"aB\", type = \"relu\" }", "\"aB\"", "MSPEC0015",
        "The layers 'a_b' and 'aB' would both be the member 'AB'; rename one.")]
    [InlineData("{ type = \"relu\" }", "{ type = \"relu\"", "MSPEC0003", "[[layers]] 2 needs the key 'name': the layer's name.")]
    [InlineData("{ name = \"a\", n = 3, type = \"relu\" }", "\"a\"", "MSPEC0015", "The row is repeated, so the number must be in 'a': write {n} in its place.")]
    [InlineData("{ name = \"a{n}\", type = \"relu\" }", "\"a{n}\"", "MSPEC0015",
        "'a{n}' has {n} in it, but the row has no numbers; write for example n = \"1..3\".")]
    [InlineData("{ name = \"a{n}\", key = \"a\", n = \"1..2\", type = \"relu\" }", "\"a\"", "MSPEC0015",
        "The row is repeated, so the number must be in 'a': write {n} in its place.")]
    [InlineData("{ name = \"a{n}\", n = \"2..1\", type = \"relu\" }", "\"2..1\"", "MSPEC0015",
        "'2..1' is not a range of numbers from 0 to 9999; write for example n = \"1..3\".")]
    [InlineData("{ name = \"a{n}\", n = \"0..10000\", type = \"relu\" }", "\"0..10000\"", "MSPEC0015",
        "'0..10000' is not a range of numbers from 0 to 9999; write for example n = \"1..3\".")]
    [InlineData("{ name = \"a{n}\", n = 3, type = \"relu\" }", "3, type", "MSPEC0004", "'n' must be a string, not a whole number.")]
    [InlineData("{ name = \"a\", type = \"zero_pad\" }", "{ name = \"a\"", "MSPEC0003", "[[layers]] 2 needs the key 'padding': [top, bottom, left, right].")]
    [InlineData("{ name = \"a\", type = \"zero_pad\", padding = [1, 2] }", "[1, 2]", "MSPEC0004", "'padding' must be [top, bottom, left, right], not 2 values.")]
    [InlineData("{ name = \"a\", type = \"zero_pad\", padding = [1, 2, 3, -4] }", "-4", "MSPEC0005", "'padding' must be in [0, 4096], not -4.")]
    [InlineData("{ name = \"a\", type = \"max_pool\", kernel = [1, 2, 3] }", "[1, 2, 3]", "MSPEC0004",
        "'kernel' must be a whole number or [rows, columns], not 3 values.")]
    [InlineData("{ name = \"a\", type = \"conv2d\", filters = 3, padding = \"sane\" }", "\"sane\"", "MSPEC0006",
        "Unknown padding 'sane'. Did you mean 'same'? Known: same, valid.")]
    [InlineData("{ name = \"a\", type = \"conv2d\", filters = 3, padding = [1] }", "[1]", "MSPEC0004",
        "'padding' must be \"same\", \"valid\", a whole number, [rows, columns] or [top, bottom, left, right], not one value in an array.")]
    [InlineData("{ name = \"a\", type = \"conv2d\", filters = 3, dilation = 65536 }", "65536", "MSPEC0005", "'dilation' must be in [1, 4096], not 65536.")]
    [InlineData("{ name = \"a\", type = \"dropout\" }", "{ name = \"a\"", "MSPEC0003", "[[layers]] 2 needs the key 'probability': a number in [0, 1).")]
    [InlineData("{ name = \"a\", type = \"dropout\", probability = 1 }", "1 }", "MSPEC0005", "'probability' must be in [0, 1), not 1.")]
    [InlineData("{ name = \"a\", type = \"relu\", kernel = 3 }", "kernel", "MSPEC0002", "Unknown key 'kernel' in [[layers]] 2.")]
    // Shapes that do not fit: both are in the message.
    [InlineData("{ name = \"p\", type = \"max_pool\" }, { name = \"a\", type = \"add\", from = [\"p\", \"input\"] }", "\"a\"", "MSPEC0015",
        "'a' does not fit 'p' [N, 3, 16, 16] and 'input' [N, 3, 32, 32]: a sum needs equal shapes, not [N, 3, 16, 16] and [N, 3, 32, 32].")]
    [InlineData("{ name = \"g\", type = \"global_average_pool\" }, { name = \"a\", type = \"multiply\", from = [\"g\", \"input\"] }", "\"a\"", "MSPEC0015",
        "'a' does not fit 'g' [N, 3] and 'input' [N, 3, 32, 32]: a product needs equal shapes, or one with a single row and column, not [N, 3] and [N, 3, 32, 32].")]
    [InlineData("{ name = \"p\", type = \"max_pool\" }, { name = \"a\", type = \"concat\", from = [\"p\", \"input\"] }", "\"a\"", "MSPEC0015",
        "'a' does not fit 'p' [N, 3, 16, 16] and 'input' [N, 3, 32, 32]: channels can be joined of images of equal rows and columns only, not of [N, 3, 16, 16] and [N, 3, 32, 32].")]
    [InlineData("{ name = \"a\", type = \"conv2d\", filters = 4, groups = 2 }", "\"a\"", "MSPEC0015",
        "'a' does not fit 'input' [N, 3, 32, 32]: 2 groups do not divide the channels of [N, 3, 32, 32] evenly.")]
    [InlineData("{ name = \"a\", type = \"conv2d\", filters = 4, groups = 3 }", "\"a\"", "MSPEC0015",
        "'a' does not fit 'input' [N, 3, 32, 32]: 3 groups do not divide 4 filters evenly.")]
    [InlineData("{ name = \"a\", type = \"attention\", heads = 1 }", "\"a\"", "MSPEC0015",
        "'a' does not fit 'input' [N, 3, 32, 32]: attention needs a sequence, not [N, 3, 32, 32]; put tokens before it.")]
    [InlineData("{ name = \"t\", type = \"tokens\" }, { name = \"a\", type = \"attention\", heads = 2 }", "\"a\"", "MSPEC0015",
        "'a' does not fit 't' [N, 1024, 3]: 2 heads do not divide the channels of [N, 1024, 3] evenly.")]
    [InlineData("{ name = \"t\", type = \"tokens\" }, { name = \"a\", type = \"batch_norm\" }", "\"a\"", "MSPEC0015",
        "'a' does not fit 't' [N, 1024, 3]: batch normalisation is not for sequences such as [N, 1024, 3]; use layer_norm.")]
    [InlineData("{ name = \"a\", type = \"average_pool\", padding = 2 }", "\"a\"", "MSPEC0015",
        "'a' does not fit 'input' [N, 3, 32, 32]: a padding of 2 is more than half of the kernel 2.")]
    [InlineData("{ name = \"a\", type = \"conv2d\", filters = 8, kernel = 33, padding = 0 }", "\"a\"", "MSPEC0015",
        "The usual input of 32×32 is too small: 'a' would get 0×0.")]
    [InlineData("{ name = \"a\", type = \"linear\", units = 65536 }, { name = \"b\", type = \"zero_pad\", padding = [99, 99, 99, 99] }", "\"b\"", "MSPEC0015",
        "'b' does not fit 'a' [N, 65536, 32, 32]: its output [N, 65536, 230, 230] would have more than 536870912 numbers for one image.")]
    public void An_error_of_a_row_has_its_place_and_message(string rows, string place, string code, string message) =>
        Backbones.AssertError(Backbones.Text($"  {rows},"), place, code, message);

    private const string Norm = "[block.norm]\nparameters = [\"filters\"]\ndefaults = { stride = 1 }\nlayers = [\n"
        + "  { name = \"conv\", type = \"conv2d\", filters = \"$filters\", stride = \"$stride\" },\n  { name = \"bn\", type = \"batch_norm\" },\n]";

    // Rows after the input, what is replaced in the block, by what, the place, the code and the message.
    [Theory]
    [InlineData("{ block = \"norm\", name = \"a\" }", "", "", "{ block = \"norm\"", "MSPEC0003",
        "[[layers]] 2 needs the key 'filters': a parameter of the block 'norm'.")]
    [InlineData("{ block = \"norm\", name = \"a\", filters = 8, strid = 2 }", "", "", "strid", "MSPEC0002", "Unknown key 'strid' in [[layers]] 2. Did you mean 'stride'?")]
    [InlineData("{ block = \"norm\", name = \"a\", filters = 8, type = \"relu\" }", "", "", "type = \"relu\"", "MSPEC0002", "Unknown key 'type' in [[layers]] 2.")]
    [InlineData("{ block = \"norm\", name = \"a\", filters = \"8\" }", "", "", "\"8\"", "MSPEC0004", "'filters' must be a whole number, not a string.")]
    [InlineData("{ block = \"nrom\", name = \"a\", filters = 8 }", "", "", "\"nrom\"", "MSPEC0006", "Unknown block 'nrom'. Did you mean 'norm'? Known: norm.")]
    [InlineData("{ block = \"norm\", filters = 8 }", "", "", "{ block", "MSPEC0003",
        "[[layers]] 2 needs the key 'name': what the names of the block's layers begin with.")]
    [InlineData("{ block = \"norm\", name = \"a\", filters = 8, from = [\"input\", \"input\"] }", "", "", "[\"input\", \"input\"]", "MSPEC0015", "A block reads one layer, not 2.")]
    [InlineData("{ block = \"norm\", name = \"a\", filters = 8, from = [] }", "", "", "[]", "MSPEC0015", "A block reads one layer, not 0.")]
    [InlineData("{ name = \"a\", type = \"relu\" }", "", "", "norm]", "MSPEC0015", "No row uses the block 'norm'; remove it.")]
    [InlineData("{ block = \"norm\", name = \"a\", filters = 8 }", "\"$filters\"", "\"$filtres\"", "\"$filtres\"", "MSPEC0015",
        "The block 'norm' has no parameter 'filtres'. Did you mean 'filters'?")]
    [InlineData("{ block = \"norm\", name = \"a\", filters = 8 }", "stride = \"$stride\"", "strid = 1", "strid = 1", "MSPEC0002",
        "Unknown key 'strid' in [[block.norm.layers]] 1. Did you mean 'stride'?")]
    [InlineData("{ block = \"norm\", name = \"a\", filters = 8 }", "layers", "rows = 1\nlayers", "rows", "MSPEC0002", "Unknown key 'rows' in [block.norm].")]
    [InlineData("{ block = \"norm\", name = \"a\", filters = 8 }", "stride = 1", "stride = 1, from = 1", "from = 1", "MSPEC0015",
        "A parameter cannot be called 'from': rows that use the block 'norm' have this key already.")]
    [InlineData("{ block = \"norm\", name = \"a\", filters = 8 }", "stride = 1", "filters = 1, stride = 1", "filters = 1", "MSPEC0015",
        "The block 'norm' has the parameter 'filters' twice; remove one.")]
    [InlineData("{ block = \"norm\", name = \"a\", filters = 8 }", "type = \"batch_norm\"", "block = \"norm\", filters = 8", "\"norm\", filters = 8 },\n]\n\n", "MSPEC0015",
        "A block cannot use itself: 'norm' uses 'norm'.")]
    [InlineData("{ block = \"norm\", name = \"a\", filters = 8 }", "type = \"batch_norm\"", "type = \"batch_norm\", from = \"a\"", "\"a\" },\n]\n\n", "MSPEC0015", "'a' would read itself.")]
    [InlineData("{ block = \"norm\", name = \"a\", filters = 8 }, { name = \"z\", type = \"relu\" }", "type = \"batch_norm\"", "type = \"batch_norm\", from = \"z\"",
        "\"z\" },\n]\n\n", "MSPEC0015", "'z' is below; a row can only read rows above it.")]
    [InlineData("{ name = \"bn\", type = \"relu\" }, { block = \"norm\", name = \"a\", filters = 8 }", "stride = \"$stride\"", "from = \"bn\"",
        "\"bn\" },\n  { name = \"bn\", type = \"batch", "MSPEC0015", "'bn' is below; a row can only read rows above it.")]
    [InlineData("{ block = \"norm\", name = \"a\", filters = 8 }", "type = \"batch_norm\"", "type = \"add\", from = [\"conv\", \"$input\"]", "\"bn\"", "MSPEC0015",
        "'a_bn' does not fit 'a_conv' [N, 8, 32, 32] and 'input' [N, 3, 32, 32]: a sum needs equal shapes, not [N, 8, 32, 32] and [N, 3, 32, 32].")]
    public void An_error_of_a_block_has_its_place_and_message(string rows, string old, string replacement, string place, string code, string message)
    {
        string block = old.Length == 0 ? Norm : Norm.Replace(old, replacement, StringComparison.Ordinal);
        // A separate line marks the end of the block.
        Backbones.AssertError(Backbones.Text($"  {rows},", block + "\n"), place, code, message);
    }

    [Fact]
    public void A_row_without_a_type_is_told_every_type()
    {
        Diagnostic diagnostic = Assert.Single(BackboneReader.Read(Backbones.Text("  { name = \"a\" },"), "small.backbone").Diagnostics);

        Assert.Equal(("MSPEC0003", 5, 3), (diagnostic.Descriptor.Code, diagnostic.Span.Line, diagnostic.Span.Column));
        Assert.StartsWith("[[layers]] 2 needs the key 'type': a layer type, or the key 'block' instead: add, attention, average_pool, ", diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_type_is_the_only_error_of_its_row_and_of_those_that_read_it()
    {
        string text = Backbones.Text("""
              { name = "a", type = "maxpool", kernel = 3 },
              { name = "b", type = "relu", from = "a" },
              { name = "c", type = "add", from = ["a", "b"] },
            """);

        Diagnostic diagnostic = Assert.Single(BackboneReader.Read(text, "small.backbone").Diagnostics);

        Assert.StartsWith("Unknown layer type 'maxpool'. Did you mean 'max_pool'?", diagnostic.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("layers = []")]
    [InlineData("")]
    public void A_backbone_needs_rows(string layers) =>
        Backbones.AssertError($"name = \"small\"\ninput = [8, 8]\n{layers}\n", "name", "MSPEC0003", "the backbone needs the key 'layers': the rows of the table.");

    [Fact]
    public void A_block_needs_rows() => Backbones.AssertError(
        Backbones.Text("  { block = \"b\", name = \"a\" },", "[block.b]\nlayers = []"), "b]", "MSPEC0003", "[block.b] needs the key 'layers': the rows of the block.");

    [Fact]
    public void The_first_layer_is_the_input()
    {
        const string message = "The first layer must be the input: { name = \"input\", type = \"input\" }.";
        Backbones.AssertError("name = \"small\"\ninput = [8, 8]\nlayers = [ { name = \"a\", type = \"relu\" } ]", "\"a\"", "MSPEC0015", message);
        Backbones.AssertError(
            "name = \"small\"\ninput = [8, 8]\nlayers = [ { name = \"a\", block = \"b\" } ]\n[block.b]\nlayers = [ { name = \"x\", type = \"relu\" } ]",
            "{ name = \"a\"", "MSPEC0015", message);
    }

    [Fact]
    public void Blocks_that_use_one_another_in_a_circle_are_an_error_and_end()
    {
        string uses = string.Join("\n", Enumerable.Range(0, 20).Select(static i => $"  {{ name = \"r{i}\", block = \"OTHER\" }},"));
        string text = Backbones.Text("  { block = \"a\", name = \"x\" },",
            $"[block.a]\nlayers = [\n{uses.Replace("OTHER", "b", StringComparison.Ordinal)}\n]\n[block.b]\nlayers = [\n{uses.Replace("OTHER", "a", StringComparison.Ordinal)}\n]");

        EquatableArray<Diagnostic> diagnostics = BackboneReader.Read(text, "small.backbone").Diagnostics;

        Assert.Equal(20, diagnostics.Count);
        Assert.All(diagnostics, static d => Assert.Equal("A block cannot use itself: 'a' uses 'b' uses 'a'.", d.Message));
    }

    // Each block uses the next one 9,999 times.
    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void A_huge_repetition_is_an_error_before_it_takes_memory(int depth)
    {
        string blocks = string.Concat(Enumerable.Range(0, depth).Select(i =>
            $"[block.b{i}]\nlayers = [ {{ name = \"x{{n}}\", n = \"0..9999\", {(i == depth - 1 ? "type = \"relu\"" : $"block = \"b{i + 1}\"")} }} ]\n"));
        string text = Backbones.Text("  { block = \"b0\", name = \"a{n}\", n = \"0..9999\" },", blocks);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Diagnostic diagnostic = Assert.Single(BackboneReader.Read(text, "small.backbone").Diagnostics);

        Assert.Equal("After its blocks are expanded, the backbone has more than 10000 rows; use and repeat blocks less often.", diagnostic.Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000_000);
    }

    [Fact]
    public void Channels_beyond_any_number_are_an_error() => Backbones.AssertError(
        Backbones.Text($$"""
              { name = "a", type = "linear", units = 65536 },
              { name = "b", type = "concat", from = [{{string.Join(", ", Enumerable.Repeat("\"a\"", 9000))}}] },
              { name = "c", type = "concat", from = ["b", "b", "b", "b", "b"] },
            """, input: "[1, 1]"),
        "\"b\", type", "MSPEC0015", $"'b' does not fit {string.Join(" and ", Enumerable.Repeat("'a' [N, 65536, 1, 1]", 9000))}: 589824000 channels are too many.");

    [Fact]
    public void An_error_in_a_block_is_reported_once_however_often_it_is_used()
    {
        string text = Backbones.Text("  { block = \"b\", name = \"a{n}\", n = \"1..50\" },", "[block.b]\nlayers = [ { name = \"x\", type = \"max_pool\", kernel = 0 } ]");

        Backbones.AssertError(text, "0 } ]", "MSPEC0005", "'kernel' must be in [1, 4096], not 0.");
    }
}
