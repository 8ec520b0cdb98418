using FineTune.Weights;

namespace FineTune.Training.WeightFormats.Pickle;

/// <summary>A storage that a pickle refers to: its key in the archive, its element type and its length in elements.</summary>
internal sealed record PickledStorage(string Key, ElementType Type, long Count);

/// <summary>A tensor that a pickle describes: a view of a storage.</summary>
internal sealed record PickledTensor(PickledStorage Storage, long Offset, long[] Shape, long[] Strides)
{
    /// <summary>The number of elements.</summary>
    public long Count => Shape.Aggregate(1L, static (product, size) => checked(product * size));

    /// <summary>The number of storage elements from its first to its last, inclusive.</summary>
    public long Extent => Count == 0 ? 0 : checked(1 + Shape.Zip(Strides, static (size, stride) => checked((size - 1) * stride)).Sum());

    /// <summary>Whether its numbers are stored row-major and without gaps.</summary>
    public bool IsContiguous
    {
        get
        {
            long expected = 1;
            for (int i = Shape.Length - 1; i >= 0; i--)
            {
                if (Shape[i] != 1 && Strides[i] != expected) return false;
                expected *= Shape[i];
            }
            return true;
        }
    }
}

/// <summary>One of the known names that a pickle can use. It stands for the value that it creates; nothing is looked up or called.</summary>
internal sealed record PickledName(string Module, string Name)
{
    public override string ToString() => $"{Module}.{Name}";
}

/// <summary>A dictionary of a pickle, in its order.</summary>
internal sealed class PickledDictionary
{
    private readonly List<KeyValuePair<object?, object?>> _items = [];

    public IReadOnlyList<KeyValuePair<object?, object?>> Items => _items;

    public object? this[string key] => _items.Find(item => item.Key is string name && name == key).Value;

    public void Add(object? key, object? value) => _items.Add(KeyValuePair.Create(key, value));
}
