using System.Buffers.Binary;
using FineTune.Pipeline;
using PureHDF;
using PureHDF.VOL.Native;

namespace FineTune.Training.WeightFormats.Keras;

/// <summary>
/// A Keras file. Tensors are named <c>LAYER/VARIABLE</c> (<c>block1_conv1/kernel</c>), with the names of models before those of layers that
/// are nested in them, and are in PyTorch's order of dimensions: kernels are height, width, input, output in the file and become output,
/// input, height, width; depthwise ones are height, width, channel, multiplier and become channel × multiplier, 1, height, width.
/// </summary>
internal sealed class KerasWeightFile : IWeightFile
{
    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'H', (byte)'D', (byte)'F', 0x0D, 0x0A, 0x1A, 0x0A];

    private readonly NativeFile _file;
    private readonly Dictionary<string, (IH5Dataset Dataset, int[] Order)> _tensors = new(StringComparer.Ordinal);

    /// <summary>Finds the tensors of a file.</summary>
    /// <param name="stream">The HDF5 file. It is disposed with this object, or if the constructor throws.</param>
    /// <exception cref="InvalidDataException">It is not an HDF5 file of Keras, or it is damaged.</exception>
    public KerasWeightFile(Stream stream)
    {
        try
        {
            CheckLength(stream);
            _file = H5File.Open(stream);
            Layers = KerasLayers.Find(_file);
            List<WeightTensor> tensors = [];
            foreach (KerasLayer layer in Layers)
            {
                foreach (KerasVariable variable in layer.Variables) tensors.Add(Add(layer, variable));
            }
            Tensors = tensors;
        }
        catch (Exception e)
        {
            stream.Dispose();
            if (e is InvalidDataException) throw;
            // The library has no exception of its own for damaged files.
            throw new InvalidDataException("It is not an HDF5 file, or only a part of one: " + e.Message, e);
        }
    }

    /// <summary>The layers that have weights.</summary>
    public IReadOnlyList<KerasLayer> Layers { get; }

    public IReadOnlyList<WeightTensor> Tensors { get; }

    public string Prefix => "";

    /// <summary>Whether a file begins like an HDF5 file.</summary>
    public static bool Recognizes(ReadOnlySpan<byte> start) => start.StartsWith(Signature);

    /// <summary>The name of a weight in <see cref="Tensors"/>.</summary>
    public static string Name(KerasLayer layer, KerasVariable variable) => $"{layer.Path}/{variable.Name}";

    public float[] Read(string name)
    {
        (IH5Dataset dataset, int[] order) = _tensors[name];
        try
        {
            return Permute(ReadFloats(dataset), [.. dataset.Space.Dimensions.Select(static d => (long)d)], order);
        }
        catch (Exception e) when (e is not InvalidDataException)
        {
            throw new InvalidDataException($"'{name}' cannot be read: {e.Message}", e);
        }
    }

    public void Dispose() => _file.Dispose();

    private WeightTensor Add(KerasLayer layer, KerasVariable variable)
    {
        string name = Name(layer, variable);
        ulong[] sizes = variable.Dataset.Space.Dimensions;
        int[] order = Order(variable.Name, sizes.Length, layer.Kind);
        if (!_tensors.TryAdd(name, (variable.Dataset, order))) throw new InvalidDataException($"The file has two weights '{name}'.");
        long[] shape = [.. order.Select(d => checked((long)sizes[d]))];
        // PyTorch has the multiplier of a depthwise convolution in its output channels.
        if (layer.Kind == KerasLayerKind.DepthwiseConv2D && shape.Length == 4) shape = [checked(shape[0] * shape[1]), 1, shape[2], shape[3]];
        return new WeightTensor(name, Type(name, variable.Dataset), shape);
    }

    private static ElementType Type(string name, IH5Dataset dataset) => (dataset.Type.Class, dataset.Type.Size) switch
    {
        (H5DataTypeClass.FloatingPoint, 4) => ElementType.Float32,
        (H5DataTypeClass.FloatingPoint, 8) => ElementType.Float64,
        (H5DataTypeClass.FloatingPoint, 2) => ElementType.Float16,
        (H5DataTypeClass.FixedPoint, 8) => dataset.Type.FixedPoint.IsSigned ? ElementType.Int64 : ElementType.UInt64,
        (H5DataTypeClass.FixedPoint, 4) => dataset.Type.FixedPoint.IsSigned ? ElementType.Int32 : ElementType.UInt32,
        (H5DataTypeClass.FixedPoint, 2) => dataset.Type.FixedPoint.IsSigned ? ElementType.Int16 : ElementType.UInt16,
        (H5DataTypeClass.FixedPoint, 1) => dataset.Type.FixedPoint.IsSigned ? ElementType.Int8 : ElementType.UInt8,
        (H5DataTypeClass.Enumerated, 1) => ElementType.Bool,
        _ => throw new InvalidDataException($"'{name}' has elements of the class {dataset.Type.Class} and {dataset.Type.Size} bytes, which are not read."),
    };

    private static float[] ReadFloats(IH5Dataset dataset) => Type("", dataset) switch
    {
        ElementType.Float32 => dataset.Read<float[]>(),
        ElementType.Float64 => Convert(dataset.Read<double[]>(), static x => (float)x),
        ElementType.Float16 => Convert(dataset.Read<Half[]>(), static x => (float)x),
        ElementType.Int64 => Convert(dataset.Read<long[]>(), static x => x),
        ElementType.UInt64 => Convert(dataset.Read<ulong[]>(), static x => x),
        ElementType.Int32 => Convert(dataset.Read<int[]>(), static x => x),
        ElementType.UInt32 => Convert(dataset.Read<uint[]>(), static x => x),
        ElementType.Int16 => Convert(dataset.Read<short[]>(), static x => x),
        ElementType.UInt16 => Convert(dataset.Read<ushort[]>(), static x => x),
        ElementType.Int8 => Convert(dataset.Read<sbyte[]>(), static x => x),
        _ => Convert(dataset.Read<byte[]>(), static x => x),
    };

    private static float[] Convert<T>(T[] values, Converter<T, float> convert) => Array.ConvertAll(values, convert);

    /// <summary>The dimension in Keras of each dimension in PyTorch.</summary>
    private static int[] Order(string variable, int rank, KerasLayerKind kind) => rank switch
    {
        4 when kind == KerasLayerKind.DepthwiseConv2D => [2, 3, 0, 1],
        >= 3 => [rank - 1, rank - 2, .. Enumerable.Range(0, rank - 2)],
        2 when variable != "embeddings" => [1, 0],
        _ => [.. Enumerable.Range(0, rank)],
    };

    private static float[] Permute(float[] values, long[] shape, int[] order)
    {
        if (order.Length < 2) return values;
        long[] strides = new long[shape.Length];
        strides[^1] = 1;
        for (int d = shape.Length - 2; d >= 0; d--) strides[d] = strides[d + 1] * shape[d + 1];
        return StridedView.ToRowMajor(values, [.. order.Select(d => shape[d])], [.. order.Select(d => strides[d])]);
    }

    /// <summary>
    /// The superblock of an HDF5 file contains its length (HDF5 File Format Specification, "Disk Format: Level 0A"). A shorter file was
    /// truncated; that is an error even if the missing bytes would not be read.
    /// </summary>
    private static void CheckLength(Stream stream)
    {
        Span<byte> superblock = stackalloc byte[48];
        int read = stream.ReadAtLeast(superblock, superblock.Length, throwOnEndOfStream: false);
        int position = superblock[8] < 2 ? 40 : 28;
        if (read < superblock.Length || BinaryPrimitives.ReadUInt64LittleEndian(superblock[position..]) > (ulong)stream.Length)
        {
            throw new InvalidDataException("The HDF5 file is truncated.");
        }
        stream.Position = 0;
    }
}
