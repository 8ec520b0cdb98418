using System.Buffers.Binary;
using System.Text;
using FineTune.Native;
using FineTune.Weights;
using static TorchSharp.torch;

namespace Runtime.Tests;

public class SafetensorsTests
{
    static SafetensorsTests() => NativeLibraries.Load();

    [Fact]
    public void Equal_tensors_give_equal_bytes_that_begin_at_a_multiple_of_eight()
    {
        using var folder = new TemporaryFolder();
        using Tensor values = arange(6, dtype: ScalarType.Float32).view(2, 3);
        string first = Path.Combine(folder.Path, "a"), second = Path.Combine(folder.Path, "b");
        var notes = new Dictionary<string, string> { ["b"] = "2", ["a"] = "1" };

        SafetensorsWriter.Write(first, [KeyValuePair.Create("w", values)], notes);
        SafetensorsWriter.Write(second, [KeyValuePair.Create("w", values)], notes);

        byte[] bytes = System.IO.File.ReadAllBytes(first);
        Assert.Equal(bytes, System.IO.File.ReadAllBytes(second));
        SafetensorsHeader header = SafetensorsHeader.Read(new MemoryStream(bytes), bytes.Length);
        Assert.Equal(0, header.DataOffset % 8);
        Assert.Equal([2L, 3L], Assert.Single(header.Entries).Shape);
        Assert.Equal("2", header.Metadata["b"]);
        Assert.Equal([0f, 1f, 2f, 3f, 4f, 5f], Enumerable.Range(0, 6).Select(i => BitConverter.ToSingle(bytes, (int)header.DataOffset + 4 * i)));
    }

    [Fact]
    public void A_file_that_cannot_be_written_leaves_the_old_one_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("w.safetensors", [1, 2, 3]);
        using Tensor wrong = zeros(3, dtype: ScalarType.Int64);

        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(path, [KeyValuePair.Create("w", wrong)], new Dictionary<string, string>()));

        Assert.Equal([path], Directory.GetFiles(folder.Path));
        Assert.Equal([1, 2, 3], System.IO.File.ReadAllBytes(path));
    }

    [Fact]
    public void Half_precision_is_widened()
    {
        using Tensor target = zeros(2), half = tensor([1.5f, -2.25f]).to(ScalarType.BFloat16);
        byte[] file = File("""{"w":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}""", half.bytes.ToArray());

        SafetensorsLoader.Load(new MemoryStream(file), new Dictionary<string, Tensor> { ["w"] = target }, "It");

        Assert.Equal([1.5f, -2.25f], target.data<float>().ToArray());
    }

    // What the header says, how many bytes follow, and a part of the message.
    [Theory]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 7, "7 follow the header")]
    [InlineData("""{"w":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "needs 12")]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"v":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12, "begins at byte 4 instead of 8")]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""", 16, "begins at byte 8 instead of 0")]
    [InlineData("""{"w":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}}""", 8, "unknown type 'F33'")]
    [InlineData("""{"w":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8, "negative dimension")]
    [InlineData("""{"w":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}""", 8, "larger than any file")]
    [InlineData("""{"w":{"dtype":"F32","shape":[2]}}""", 8, "not the JSON")]
    [InlineData("""[1, 2]""", 0, "not the JSON")]
    [InlineData("""{"w":""", 0, "not the JSON")]
    public void A_damaged_file_is_refused_with_the_reason(string header, int data, string message)
    {
        byte[] file = File(header, new byte[data]);

        Assert.Contains(message, Assert.Throws<InvalidDataException>(() => SafetensorsHeader.Read(new MemoryStream(file), file.Length)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_of_two_to_the_sixty_bytes_is_refused_without_being_allocated()
    {
        byte[] file = new byte[64];
        BinaryPrimitives.WriteUInt64LittleEndian(file, 1UL << 60);

        Assert.Contains("1152921504606846976", Assert.Throws<InvalidDataException>(() => SafetensorsHeader.Read(new MemoryStream(file), 64)).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => SafetensorsHeader.Read(new MemoryStream([1, 2]), 2));
    }

    [Fact]
    public void Every_tensor_that_does_not_fit_is_listed()
    {
        using Tensor a = zeros(2), b = zeros(2);
        byte[] file = File("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"c":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", new byte[8]);

        string message = Assert.Throws<InvalidDataException>(() =>
            SafetensorsLoader.Load(new MemoryStream(file), new Dictionary<string, Tensor> { ["a"] = a, ["b"] = b }, "It")).Message;

        Assert.Equal("It does not fit the network: 'a' is [1] in the file and [2] in the network; 'b' is missing; 'c' is not in the network.", message);
    }

    private static byte[] File(string header, byte[] data)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        byte[] prefix = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)json.Length);
        return [.. prefix, .. json, .. data];
    }
}
