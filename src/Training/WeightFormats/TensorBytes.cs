namespace FineTune.Training.WeightFormats;

/// <summary>Memory for the bytes of one tensor.</summary>
internal static class TensorBytes
{
    /// <summary>Allocates an array for a number of bytes that a file claims.</summary>
    /// <exception cref="InvalidDataException">An array cannot be that long.</exception>
    public static byte[] Allocate(string name, long bytes) => bytes <= Array.MaxLength
        ? GC.AllocateUninitializedArray<byte>((int)bytes)
        : throw new InvalidDataException($"'{name}' has {bytes} bytes; tensors up to 2 GB are read.");
}
