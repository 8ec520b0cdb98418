namespace FineTune.Training.Weights.Pickle;

/// <summary>The tensors of a checkpoint that a pickle describes.</summary>
internal static class StateDict
{
    /// <summary>
    /// Finds the tensors: in the dictionary itself, or in its <c>state_dict</c> or <c>model</c>, where training scripts put them beside
    /// the optimizer.
    /// </summary>
    /// <exception cref="InvalidDataException">There is no dictionary of tensors.</exception>
    public static Dictionary<string, PickledTensor> Find(object? root)
    {
        if (root is PickledDictionary dictionary)
        {
            if (dictionary["state_dict"] is PickledDictionary inner) dictionary = inner;
            else if (dictionary["model"] is PickledDictionary model) dictionary = model;
            var tensors = new Dictionary<string, PickledTensor>(StringComparer.Ordinal);
            foreach ((object? key, object? value) in dictionary.Items)
            {
                if (key is string name && value is PickledTensor tensor) tensors[name] = tensor;
            }
            if (tensors.Count > 0) return tensors;
        }
        throw new InvalidDataException("The checkpoint holds no dictionary of tensors: save model.state_dict(), not the model.");
    }

    /// <summary>Puts the numbers of a view into row-major order.</summary>
    /// <param name="tensor">The view.</param>
    /// <param name="values">The storage from the view's first element on.</param>
    public static float[] Gather(PickledTensor tensor, float[] values) =>
        tensor.IsContiguous ? values : StridedView.ToRowMajor(values, tensor.Shape, tensor.Strides);
}
