namespace FineTune.Pipeline;

/// <summary>Reads files of pretrained weights. The format of a file is detected from its content.</summary>
public interface IWeightFormat : IPipelinePart
{
    /// <summary>The extensions of such files, each with the dot. If <c>weights</c> in a spec ends with one of them, it is a path.</summary>
    IReadOnlyList<string> Extensions { get; }

    /// <summary>Whether a file has this format. Formats of plugins are tried before the built-in ones.</summary>
    /// <param name="start">The first 16 bytes, or all of a shorter file.</param>
    /// <param name="file">
    /// The whole file at its beginning, for formats with the same first bytes, such as two kinds of archives. Leave it open; its position does not
    /// matter afterwards.
    /// </param>
    bool Recognizes(ReadOnlySpan<byte> start, Stream file);

    /// <summary>Opens a file.</summary>
    /// <param name="stream">The file at its beginning. The returned object must dispose it; if this method throws, the caller does.</param>
    /// <exception cref="InvalidDataException">It is damaged, or contains something that is not supported.</exception>
    IWeightFile Open(Stream stream);
}

/// <summary>A file of weights: named tensors. Their shapes are read at once, and their values one by one when they are needed.</summary>
public interface IWeightFile : IDisposable
{
    /// <summary>Every tensor, in the file's order.</summary>
    IReadOnlyList<WeightTensor> Tensors { get; }

    /// <summary>The prefix of every name in the file, which <see cref="Tensors"/> omits: <c>module.</c> or nothing.</summary>
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
