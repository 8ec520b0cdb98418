namespace FineTune.Training.Weights;

/// <summary>A file of weights: named tensors whose shapes are known at once and whose values are read one by one when asked for.</summary>
internal interface IWeightFile : IDisposable
{
    /// <summary>The shape of every tensor in PyTorch's order, by name.</summary>
    IReadOnlyDictionary<string, long[]> Shapes { get; }

    /// <summary>Reads one tensor: its values, row-major, as float32.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    float[] Read(string name);
}
