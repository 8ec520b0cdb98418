namespace FineTune.Pipeline;

/// <summary>Reads files of pretrained weights. Which format a file has is found out from its content.</summary>
public interface IWeightFormat : IPipelinePart
{
    /// <summary>How the names of such files end, with the dot: a spec's <c>weights</c> that ends so is a path.</summary>
    IReadOnlyList<string> Extensions { get; }

    /// <summary>Whether a file is one of this format. Formats of plugins are asked before the built-in ones.</summary>
    /// <param name="start">The first 16 bytes, or all of a shorter file.</param>
    /// <param name="file">
    /// The whole file at its beginning, for formats that begin alike, such as two kinds of archives. It is left open; its position does not matter.
    /// </param>
    bool Recognizes(ReadOnlySpan<byte> start, Stream file);

    /// <summary>Opens a file.</summary>
    /// <param name="stream">The file from its beginning. It belongs to what is returned, and is disposed of where this throws.</param>
    /// <exception cref="InvalidDataException">It is damaged, or has something that is not read.</exception>
    IWeightFile Open(Stream stream);
}

/// <summary>A file of weights: named tensors whose shapes are known at once and whose values are read one by one when asked for.</summary>
public interface IWeightFile : IDisposable
{
    /// <summary>Every tensor, in the file's order.</summary>
    IReadOnlyList<WeightTensor> Tensors { get; }

    /// <summary>What every name in the file begins with and <see cref="Tensors"/> leaves out: <c>module.</c> or nothing.</summary>
    string Prefix => "";

    /// <summary>Reads one tensor: its values, row-major, as float32.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    float[] Read(string name);
}

/// <summary>A tensor of a weight file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The type of its elements in the file.</param>
/// <param name="Shape">Its dimensions in PyTorch's order; none for a single number.</param>
public sealed record WeightTensor(string Name, ElementType Type, IReadOnlyList<long> Shape);

#pragma warning disable CA1720 // These are the names of the types.
/// <summary>The element types that weight files store.</summary>
public enum ElementType
{
    /// <summary>32-bit floating point.</summary>
    Float32,

    /// <summary>64-bit floating point.</summary>
    Float64,

    /// <summary>16-bit floating point with 5 bits of exponent.</summary>
    Float16,

    /// <summary>16-bit floating point with 8 bits of exponent.</summary>
    BFloat16,

    /// <summary>64-bit signed integer.</summary>
    Int64,

    /// <summary>32-bit signed integer.</summary>
    Int32,

    /// <summary>16-bit signed integer.</summary>
    Int16,

    /// <summary>8-bit signed integer.</summary>
    Int8,

    /// <summary>64-bit unsigned integer.</summary>
    UInt64,

    /// <summary>32-bit unsigned integer.</summary>
    UInt32,

    /// <summary>16-bit unsigned integer.</summary>
    UInt16,

    /// <summary>8-bit unsigned integer.</summary>
    UInt8,

    /// <summary>A truth value in a byte.</summary>
    Bool,
}
