using FineTune.Pipeline;

namespace SamplePlugin.Tests;

public class NpzExporterTests
{
    private static readonly TrainedTensor[] Tensors =
    [
        new("0.conv.weight", [2, 3, 1, 2], Enumerable.Range(0, 12).Select(static i => i / 7f).ToArray()),
        new("0.conv.bias", [3], new[] { 1f, -0f, float.Epsilon }),
        new("1.num_batches_tracked", [], new[] { 12f }),
        new("2.scale", [4, 200], new float[800]),
    ];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_tensor_is_an_array_of_its_shape_and_values(bool compressed)
    {
        IReadOnlyDictionary<string, NpyValues> arrays = Npz.Read(Export(compressed));

        Assert.Equal(Tensors.Select(static tensor => tensor.Key), arrays.Keys);
        foreach (TrainedTensor tensor in Tensors)
        {
            Assert.Equal(tensor.Shape, arrays[tensor.Key].Shape);
            Assert.Equal(tensor.Values.ToArray().Select(BitConverter.SingleToInt32Bits), arrays[tensor.Key].Values.Select(BitConverter.SingleToInt32Bits));
        }
    }

    [Fact]
    public void The_same_weights_give_the_same_bytes_and_no_entry_has_a_time_of_its_own()
    {
        byte[] file = Export(compressed: false);

        using var archive = new System.IO.Compression.ZipArchive(new MemoryStream(file));
        Assert.All(archive.Entries, static entry => Assert.Equal(new DateTime(1980, 1, 1), entry.LastWriteTime.DateTime));
        Assert.Equal(file, Export(compressed: false));
        Assert.True(Export(compressed: true).Length < file.Length);
    }

    private static byte[] Export(bool compressed)
    {
        var exporter = new NpzExporter();
        PartValues values = Contexts.ValuesOf(exporter, ("compressed", compressed));
        using var file = new MemoryStream();
        exporter.Export(new ExportContext
        {
            Folder = "/",
            Classes = ["a", "b"],
            Values = values,
            Report = new Contexts.Silence(),
            Cancellation = TestContext.Current.CancellationToken,
            SpecName = "flowers",
            Model = new TrainedModel("Flowers", 8, 8, Tensors, new Dictionary<string, string>())
            {
                Network = new NetworkGraph([], 0, 0, Mirror: false),
                Preparation = new InputPreparation(false, 1, [0, 0, 0], [1, 1, 1], null),
                Digest = "",
            },
            Create = name =>
            {
                Assert.Equal(Assert.Single(exporter.Outputs("flowers", values)), name);
                return file;
            },
        });
        return file.ToArray();
    }
}
