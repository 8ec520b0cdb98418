using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using FineTune.Training;
using FineTune.Training.Commands;
using FineTune.Training.Modules;
using FineTune.Training.Plugins;
using FineTune.Training.WeightFormats;
using FineTune.Training.WeightFormats.Pickle;
using FineTune.Training.Weights;

namespace Training.Tests.Weights;

/// <summary>Files with false claims about their content.</summary>
public class HostileFileTests
{
    [Theory]
    [InlineData(1, long.MaxValue, 1, 1)] // the end of the view overflows
    [InlineData(8, 0, 9, 1)]
    [InlineData(8, 4, 2, long.MaxValue)]
    [InlineData(8, 7, 2, 1)]
    [InlineData(long.MaxValue, 0, 1, 1)] // its bytes overflow
    [InlineData(8, 0, 1L << 40, 0)] // a repetition of 4 TB
    public void A_tensor_that_reaches_out_of_its_storage_is_refused(long count, long offset, long size, long stride)
    {
        byte[] pickle = [.. Encoding.ASCII.GetBytes("}X\x01\0\0\0wctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\00X\x03\0\0\0cpu"),
            .. Long(count), (byte)'t', (byte)'Q', .. Long(offset), .. Long(size), 0x85, .. Long(stride), 0x85, (byte)'t', (byte)'R', (byte)'s', (byte)'.'];

        Assert.Throws<InvalidDataException>(() => new PickleReader(new MemoryStream(pickle)).Read());
    }

    [Theory]
    [InlineData("(")] // marks that are never popped
    [InlineData("N2")] // duplicates
    [InlineData("]")]
    public void A_pickle_that_only_fills_the_stack_is_refused(string pattern)
    {
        string pickle = string.Concat(Enumerable.Repeat(pattern, 100_000)) + ".";

        InvalidDataException e = Assert.Throws<InvalidDataException>(() => new PickleReader(new MemoryStream(Encoding.ASCII.GetBytes(pickle))).Read());

        Assert.Contains("stack has more than", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dictionary_that_is_in_itself_ends_as_an_error()
    {
        // {"model": itself}
        byte[] pickle = Encoding.Latin1.GetBytes("}q\0X\x05\0\0\0modelh\0s.");

        Assert.Throws<InvalidDataException>(() => StateDict.Find(new PickleReader(new MemoryStream(pickle)).Read()));
    }

    [Fact]
    public void Lists_in_lists_of_any_depth_are_read_or_refused()
    {
        string pickle = "]" + string.Concat(Enumerable.Repeat("]q\0]h\0a0", 50_000)) + ".";

        Assert.IsType<List<object?>>(new PickleReader(new MemoryStream(Encoding.Latin1.GetBytes(pickle))).Read(), exactMatch: false);
    }

    [Fact]
    public void A_description_that_inflates_without_end_is_refused()
    {
        using var folder = new TemporaryFolder();
        using (var archive = new ZipArchive(File.Create(folder["bomb.pth"]), ZipArchiveMode.Create))
        {
            using Stream entry = archive.CreateEntry("bomb/data.pkl", CompressionLevel.Fastest).Open();
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 257; i++) entry.Write(zeros);
        }

        Assert.Contains("more than 256 MB", Assert.Throws<InvalidDataException>(() => WeightFiles.Open(folder["bomb.pth"], PartRegistry.BuiltIn, Plugins.PluginCompiler.Location, CancellationToken.None)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<!DOCTYPE html><html>404</html>")]
    [InlineData("")]
    [InlineData("PK")]
    public void What_is_not_a_weight_file_is_refused_with_one_line(string content)
    {
        using var folder = new TemporaryFolder();
        using var error = new StringWriter();

        int code = WeightsCommand.Run(folder.Write("page.h5", content), json: false, () => throw new InvalidOperationException("nothing is to be written"), error);

        Assert.Equal(1, code);
        Assert.Contains("error MSPEC2002: ", error.ToString(), StringComparison.Ordinal);
        Assert.Single(error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void A_file_that_is_not_there_is_an_error()
    {
        using var error = new StringWriter();

        Assert.Equal(1, WeightsCommand.Run("/nowhere/w.pth", json: true, () => throw new InvalidOperationException("nothing is to be written"), error));
        Assert.StartsWith("/nowhere/w.pth: error MSPEC2001: ", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_tensors_that_renaming_makes_one_are_an_error()
    {
        FineTune.Native.NativeLibraries.Load();
        using var project = new TinyProject();
        project.Write("tiny.backbone", TinyProject.Backbone + """

            [[weights]]
            name = "own"
            file = "own.safetensors"
            url = "https://example.com/own.safetensors"
            preprocess = "unit"
            rename = { "old." = "conv1." }
            """);
        SpecSource spec = project.Read(("\"none\"", "\"own\""));
        File.WriteAllBytes(project["own.safetensors"], Safetensors(
            """{"old.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"conv1.weight":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8));
        using var module = new NetworkModule(spec.Network);

        var diagnostic = Assert.Throws<FineTune.Training.Diagnostics.TrainingException>(
            () => BackboneWeights.Load(project["own.safetensors"], module, spec)).Diagnostic;

        Assert.Equal("MSPEC3030", diagnostic.Descriptor.Code);
        Assert.Contains("'old.weight' and 'conv1.weight', which the backbone calls 'conv1.weight'", diagnostic.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[0,9223372036854775807]")]
    [InlineData("[0,-4]")]
    [InlineData("[-4,0]")]
    public void A_safetensors_offset_out_of_the_file_is_refused(string offsets)
    {
        byte[] file = Safetensors("""{"w":{"dtype":"F32","shape":[1],"data_offsets":OFFSETS}}""".Replace("OFFSETS", offsets, StringComparison.Ordinal), 4);

        Assert.Throws<InvalidDataException>(() => new SafetensorsFile(new MemoryStream(file)));
    }

    private static byte[] Long(long value)
    {
        byte[] bytes = new byte[10];
        bytes[0] = 0x8a;
        bytes[1] = 8;
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(2), value);
        return bytes;
    }

    private static byte[] Safetensors(string header, int data)
    {
        byte[] prefix = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, header.Length);
        return [.. prefix, .. Encoding.UTF8.GetBytes(header), .. new byte[data]];
    }
}
