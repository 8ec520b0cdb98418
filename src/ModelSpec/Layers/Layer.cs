namespace ModelSpec.Layers;

/// <summary>A layer of a network: the <see cref="LayerDefinition"/> of its row or word, at its position in the network.</summary>
/// <param name="Index">Its index, as <c>InspectModel</c> prints it and freeze ranges use it.</param>
/// <param name="Name">Its name.</param>
/// <param name="Member">The generated C# member.</param>
/// <param name="Key">The prefix of its tensors' names in a state dict.</param>
/// <param name="InHead">Whether it belongs to the head.</param>
/// <param name="Inputs">The indices of the layers that it reads, all smaller than its own.</param>
/// <param name="Input">The shape of the first of them; its own shape if it reads none.</param>
/// <param name="Output">The shape of its output.</param>
/// <param name="Type">The type as Keras's summary names it.</param>
/// <param name="Block">The block of the backbone's table that it was expanded from, such as <c>layer1_0</c>, or null.</param>
/// <param name="Primitives">Its operations in order. Each except the first reads only the one before it.</param>
/// <param name="Digest">
/// Everything that its weights and its output depend on, as one line. For a row of a backbone, the line begins with index and key; for a layer of a
/// head, it is the word of the language. Digests depend on it, so its text must never change.
/// </param>
public sealed record Layer(
    int Index, string Name, string Member, string Key, bool InHead, EquatableArray<int> Inputs, Shape Input, Shape Output, string Type,
    string? Block, EquatableArray<Primitive> Primitives, string Digest)
{
    /// <summary>The name that tables show and commands accept: <c>block5_conv1</c>, and <c>head.fc1</c> for a layer of the head.</summary>
    public string DisplayName => InHead ? "head." + Name : Name;

    /// <summary>
    /// The block of the backbone that it belongs to: the first number in its name with the letters right after it, such as <c>5</c> of
    /// <c>block5_conv1</c> and <c>6e</c> of <c>Mixed_6e_conv</c>; its name if it has no number.
    /// </summary>
    public string Group
    {
        get
        {
            int start = 0;
            while (start < Name.Length && !char.IsDigit(Name[start])) start++;
            int end = start;
            while (end < Name.Length && char.IsLetterOrDigit(Name[end])) end++;
            return start == Name.Length ? Name : Name.Substring(start, end - start);
        }
    }

    /// <summary>
    /// The layer's main operation: the one that has state, of which there is at most one, or else the first. The others only prepare its
    /// input or follow it. Null for the input, which has no operation.
    /// </summary>
    public Primitive? Main => Primitives.FirstOrDefault(static primitive => primitive.State.Count > 0) ?? (Primitives.Count > 0 ? Primitives[0] : null);

    /// <summary>The tensors of its state, in PyTorch's order.</summary>
    public EquatableArray<StateTensor> State => Main?.State ?? [];

    /// <summary>All numbers of its state, learnt or not, as Keras counts them.</summary>
    public long Parameters => State.Sum(static s => s.Elements);

    /// <summary>The multiplications of a forward pass of one image; 0 for a layer that computes no products of weights and inputs.</summary>
    public long Multiplications => Primitives.Sum(primitive => primitive.CountMultiplications(Output));

    /// <summary>The numbers that training can change.</summary>
    public long LearntParameters => State.Where(static s => s.IsLearnt).Sum(static s => s.Elements);

    /// <summary>Whether its output is random in training.</summary>
    public bool IsRandom => Primitives.Any(static primitive => primitive is DropPrimitive);

    /// <summary>The whole name of one of its tensors in a state dict.</summary>
    public string KeyOf(StateTensor tensor) => Join(Key, tensor);

    /// <summary>The name of one of its tensors after a layer's name or key.</summary>
    public static string Join(string layer, StateTensor tensor) => tensor.Name.Length == 0 ? layer : $"{layer}.{tensor.Name}";
}
