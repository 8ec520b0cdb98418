using FineTune.Weights;

namespace FineTune.Training.Weights;

/// <summary>A tensor of a weight file.</summary>
/// <param name="Name">Its name. The prefix of data-parallel training is not part of it, see <see cref="IWeightFile.Prefix"/>.</param>
/// <param name="Type">The type of its elements in the file.</param>
/// <param name="Shape">Its dimensions in PyTorch's order; none for a single number.</param>
internal sealed record WeightTensor(string Name, ElementType Type, long[] Shape);

/// <summary>A file of weights: named tensors whose shapes are known at once and whose values are read one by one when asked for.</summary>
internal interface IWeightFile : IDisposable
{
    /// <summary>Every tensor, in the file's order.</summary>
    IReadOnlyList<WeightTensor> Tensors { get; }

    /// <summary>What every name in the file begins with and <see cref="Tensors"/> leaves out: <c>module.</c> or nothing.</summary>
    string Prefix { get; }

    /// <summary>Reads one tensor: its values, row-major, as float32.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    float[] Read(string name);
}
