using FineTune.Pipeline;

namespace FineTune.Training.WeightFormats.Pickle;

/// <summary>The tensors of a checkpoint that a pickle describes.</summary>
/// <param name="Prefix">The prefix of every name in the file: <c>module.</c> or nothing.</param>
/// <param name="Tensors">The tensors by their names without the prefix.</param>
/// <param name="List">The tensors as a weight file lists them, in the file's order.</param>
internal sealed record StateDict(string Prefix, IReadOnlyDictionary<string, PickledTensor> Tensors, IReadOnlyList<WeightTensor> List)
{
    /// <summary>The keys under which training scripts store the weights, next to those of the optimizer, in the order in which they are tried.</summary>
    private static readonly string[] Keys = ["state_dict", "model_state_dict", "model"];

    /// <summary>The largest nesting of dictionaries. In a hostile pickle, a dictionary can contain itself.</summary>
    private const int Depth = 3;

    /// <summary>
    /// Finds the tensors: in the dictionary's <c>state_dict</c>, <c>model_state_dict</c> or <c>model</c>, or in the dictionary itself.
    /// Everything else, for example numbers, text, None or an optimizer, is ignored.
    /// </summary>
    /// <exception cref="InvalidDataException">There is no dictionary of tensors.</exception>
    public static StateDict Find(object? root)
    {
        List<KeyValuePair<string, PickledTensor>> found = root is PickledDictionary dictionary ? Find(dictionary, Depth) : [];
        if (found.Count == 0) throw new InvalidDataException("The checkpoint holds no dictionary of tensors: save model.state_dict(), not the model.");

        string prefix = ParallelPrefix.Find([.. found.Select(static t => t.Key)]);
        var tensors = new Dictionary<string, PickledTensor>(StringComparer.Ordinal);
        List<WeightTensor> list = [];
        foreach ((string key, PickledTensor tensor) in found)
        {
            string name = key[prefix.Length..];
            if (!tensors.TryAdd(name, tensor)) throw new InvalidDataException($"The checkpoint has two tensors '{key}'.");
            list.Add(new WeightTensor(name, tensor.Storage.Type.ToContract(), tensor.Shape));
        }
        return new StateDict(prefix, tensors, list);
    }

    /// <summary>Puts the numbers of a view into row-major order.</summary>
    /// <param name="tensor">The view.</param>
    /// <param name="values">The storage from the view's first element on.</param>
    public static float[] Gather(PickledTensor tensor, float[] values) =>
        tensor.IsContiguous ? values : StridedView.ToRowMajor(values, tensor.Shape, tensor.Strides);

    private static List<KeyValuePair<string, PickledTensor>> Find(PickledDictionary dictionary, int depth)
    {
        foreach (string key in depth > 0 ? Keys : [])
        {
            if (dictionary[key] is PickledDictionary inner && Find(inner, depth - 1) is { Count: > 0 } nested) return nested;
        }
        List<KeyValuePair<string, PickledTensor>> tensors = [];
        foreach ((object? key, object? value) in dictionary.Items)
        {
            if (key is string name && value is PickledTensor tensor) tensors.Add(KeyValuePair.Create(name, tensor));
        }
        return tensors;
    }
}
