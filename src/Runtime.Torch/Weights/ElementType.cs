using System.Runtime.InteropServices;

namespace FineTune.Weights;

/// <summary>The element types that weight files store.</summary>
internal enum ElementType
{
    Float32,
    Float64,
    Float16,
    BFloat16,
    Int64,
    Int32,
    Int16,
    Int8,
    UInt64,
    UInt32,
    UInt16,
    UInt8,
    Bool,
}

/// <summary>What the element types are called and how their bytes become float32.</summary>
internal static class ElementTypes
{
    private static readonly Dictionary<string, ElementType> Safetensors = new(StringComparer.Ordinal)
    {
        ["F32"] = ElementType.Float32,
        ["F64"] = ElementType.Float64,
        ["F16"] = ElementType.Float16,
        ["BF16"] = ElementType.BFloat16,
        ["I64"] = ElementType.Int64,
        ["I32"] = ElementType.Int32,
        ["I16"] = ElementType.Int16,
        ["I8"] = ElementType.Int8,
        ["U64"] = ElementType.UInt64,
        ["U32"] = ElementType.UInt32,
        ["U16"] = ElementType.UInt16,
        ["U8"] = ElementType.UInt8,
        ["BOOL"] = ElementType.Bool,
    };

    /// <summary>The type that a safetensors header names, for example <c>BF16</c>; null for a name that is not known.</summary>
    public static ElementType? OfSafetensors(string name) => Safetensors.TryGetValue(name, out ElementType type) ? type : null;

    /// <summary>What PyTorch and NumPy call the type, for example <c>float32</c>.</summary>
    public static string PlainName(this ElementType type) => type.ToString().ToLowerInvariant();

    /// <summary>The bytes of one element.</summary>
    public static int Size(this ElementType type) => type switch
    {
        ElementType.Float64 or ElementType.Int64 or ElementType.UInt64 => 8,
        ElementType.Float32 or ElementType.Int32 or ElementType.UInt32 => 4,
        ElementType.Float16 or ElementType.BFloat16 or ElementType.Int16 or ElementType.UInt16 => 2,
        _ => 1,
    };

    /// <summary>Converts little-endian bytes.</summary>
    public static float[] ToFloat32(this ElementType type, ReadOnlySpan<byte> bytes)
    {
        float[] values = new float[bytes.Length / type.Size()];
        switch (type)
        {
            case ElementType.Float32:
                MemoryMarshal.Cast<byte, float>(bytes).CopyTo(values);
                break;
            case ElementType.BFloat16:
                // The upper half of a float32.
                ReadOnlySpan<ushort> halves = MemoryMarshal.Cast<byte, ushort>(bytes);
                for (int i = 0; i < values.Length; i++) values[i] = BitConverter.UInt32BitsToSingle((uint)halves[i] << 16);
                break;
            case ElementType.Float16:
                Convert(MemoryMarshal.Cast<byte, Half>(bytes), values, static x => (float)x);
                break;
            case ElementType.Float64:
                Convert(MemoryMarshal.Cast<byte, double>(bytes), values, static x => (float)x);
                break;
            case ElementType.Int64:
                Convert(MemoryMarshal.Cast<byte, long>(bytes), values, static x => x);
                break;
            case ElementType.Int32:
                Convert(MemoryMarshal.Cast<byte, int>(bytes), values, static x => x);
                break;
            case ElementType.Int16:
                Convert(MemoryMarshal.Cast<byte, short>(bytes), values, static x => x);
                break;
            case ElementType.Int8:
                Convert(MemoryMarshal.Cast<byte, sbyte>(bytes), values, static x => x);
                break;
            case ElementType.UInt64:
                Convert(MemoryMarshal.Cast<byte, ulong>(bytes), values, static x => x);
                break;
            case ElementType.UInt32:
                Convert(MemoryMarshal.Cast<byte, uint>(bytes), values, static x => x);
                break;
            case ElementType.UInt16:
                Convert(MemoryMarshal.Cast<byte, ushort>(bytes), values, static x => x);
                break;
            default:
                Convert(bytes, values, static x => x);
                break;
        }
        return values;
    }

    private static void Convert<T>(ReadOnlySpan<T> from, Span<float> to, Func<T, float> convert)
    {
        for (int i = 0; i < to.Length; i++) to[i] = convert(from[i]);
    }
}
