using FineTune.Training.Importers;

namespace Training.Tests.Importers;

/// <summary>The files of <c>Fixtures/make_splits.py</c>, written by SciPy.</summary>
public class MatFileTests
{
    [Theory]
    [InlineData("datasplits_plain.mat")]
    [InlineData("variables.mat")]
    public void Numeric_arrays_of_every_type_are_read_column_by_column_and_other_variables_are_skipped(string file)
    {
        IReadOnlyDictionary<string, double[]> arrays = MatFile.Read(Fixture(file));

        Assert.Equal([1, 2, 3], arrays["few"]);
        Assert.Equal([-5, 7], arrays["negative"]);
        Assert.Equal([0.5, -1.5], arrays["halves"]);
        Assert.Equal([1099511627776], arrays["large"]);
        Assert.Equal([1, 3, 2, 4], arrays["matrix"]);
        Assert.Empty(arrays["nothing"]);
        Assert.All((string[])["text", "cell", "structure"], name => Assert.DoesNotContain(name, arrays.Keys));
    }

    [Fact]
    public void Compressed_and_uncompressed_files_have_the_same_numbers()
    {
        IReadOnlyDictionary<string, double[]> compressed = MatFile.Read(Fixture("datasplits.mat")), plain = MatFile.Read(Fixture("datasplits_plain.mat"));

        Assert.Equal(9, compressed.Count);
        Assert.All(compressed, array => Assert.Equal(array.Value, plain[array.Key]));
        Assert.Equal(680, compressed["trn2"].Length);
        Assert.Equal(1360, compressed["trn1"].Concat(compressed["val1"]).Concat(compressed["tst1"]).Distinct().Count());
    }

    [Fact]
    public void A_file_of_a_big_endian_machine_is_read()
    {
        byte[] file =
        [
            .. new byte[124], 1, 0, (byte)'M', (byte)'I',
            0, 0, 0, 14, 0, 0, 0, 56,
            0, 0, 0, 6, 0, 0, 0, 8, 0, 0, 0, 6, 0, 0, 0, 0,
            0, 0, 0, 5, 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 2,
            0, 1, 0, 1, (byte)'n', 0, 0, 0,
            0, 0, 0, 3, 0, 0, 0, 4, 1, 0, 255, 254, 0, 0, 0, 0,
        ];

        Assert.Equal([256, -2], MatFile.Read(file)["n"]);
    }

    [Fact]
    public void Files_of_other_versions_are_refused()
    {
        byte[] hdf5 = File.ReadAllBytes(Fixture("datasplits.mat"));
        hdf5[125] = 2;

        Assert.Contains("MATLAB 5", Assert.Throws<InvalidDataException>(static () => MatFile.Read(Fixture("datasplits_v4.mat"))).Message, StringComparison.Ordinal);
        Assert.Contains("another version", Assert.Throws<InvalidDataException>(() => MatFile.Read(hdf5)).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(static () => MatFile.Read([]));
    }

    [Theory]
    [InlineData("datasplits.mat")]
    [InlineData("variables.mat")]
    [InlineData("datasplits_plain.mat")]
    public void A_damaged_file_has_other_numbers_or_is_refused(string name)
    {
        byte[] whole = File.ReadAllBytes(Fixture(name));
        var random = new Random(5);

        for (int i = 0; i < 3_000; i++)
        {
            byte[] damaged = whole[..(i % 3 == 0 ? random.Next(whole.Length) : whole.Length)];
            for (int flips = random.Next(1, 4); flips > 0 && damaged.Length > 128; flips--) damaged[random.Next(124, damaged.Length)] = (byte)random.Next(256);
            try
            {
                Assert.NotNull(MatFile.Read(damaged));
            }
            catch (InvalidDataException e)
            {
                Assert.NotEmpty(e.Message);
            }
        }
    }

    [Fact]
    public void A_variable_that_grows_beyond_the_limit_is_refused()
    {
        using var packed = new MemoryStream();
        using (var zlib = new System.IO.Compression.ZLibStream(packed, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true)) zlib.Write(new byte[MatFile.Largest + 1]);
        byte[] file = [.. File.ReadAllBytes(Fixture("datasplits.mat"))[..128], .. BitConverter.GetBytes(15), .. BitConverter.GetBytes((int)packed.Length), .. packed.ToArray()];

        Assert.Contains("16 MB", Assert.Throws<InvalidDataException>(() => MatFile.Read(file)).Message, StringComparison.Ordinal);
    }

    internal static string Fixture(string name) => Path.Combine(AppContext.BaseDirectory, "Fixtures", name);
}
