using FineTune.Training.Exporters.Onnx.Format;

namespace FineTune.Training.Exporters.Onnx;

/// <summary>What an operator does with integers.</summary>
internal enum IntegerUse
{
    /// <summary>It computes in float32.</summary>
    None,

    /// <summary>It reads and writes integers.</summary>
    Whole,

    /// <summary>It writes some of the integers that it reads, and no others: with their scale.</summary>
    Passes,

    /// <summary>It reads integers and writes float32.</summary>
    Reads,
}

/// <summary>
/// Which operators of a network compute with integers. Convolutions and matrix products with learnt weights do, and what is between them as far
/// as ONNX Runtime has a form of it for integers. Channels of one pixel, as in squeeze-and-excitation, stay in float32: there is hardly anything to
/// compute. So do the average of the features and the layer of the logits, which is small, and whose error nothing evens out.
/// </summary>
internal sealed class QuantizationPlan
{
    private readonly HashSet<string> _constants;
    private readonly HashSet<string> _outputs;
    private readonly Dictionary<string, List<NodeProto>> _readers = new(StringComparer.Ordinal);
    private readonly Dictionary<NodeProto, IntegerUse> _uses = [];
    private readonly Dictionary<string, string> _absorbed = new(StringComparer.Ordinal);
    private readonly HashSet<NodeProto> _gone = [];
    private readonly HashSet<string> _integers = [];
    private readonly Dictionary<string, string> _passed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _vectors = [];
    private readonly List<string> _measured = [];
    private readonly string? _logits;

    public QuantizationPlan(TranslatedNetwork network)
    {
        _constants = [.. network.Graph.Initializer.Select(static tensor => tensor.Name)];
        _outputs = [.. network.Graph.Output.Select(static output => output.Name)];
        NodeProto[] nodes = [.. network.Graph.Node.Skip(network.Start)];
        _logits = nodes.LastOrDefault(static node => node.OpType is "Gemm" or "MatMul")?.Output[0];
        foreach (NodeProto node in nodes)
        {
            foreach (string input in node.Input)
            {
                if (!_readers.TryGetValue(input, out List<NodeProto>? readers)) _readers[input] = readers = [];
                readers.Add(node);
            }
        }
        foreach (NodeProto node in nodes)
        {
            if (!_gone.Contains(node)) Plan(node);
        }
    }

    /// <summary>The values whose ranges decide their scales.</summary>
    public IReadOnlyList<string> Measured => _measured;

    /// <summary>What an operator does.</summary>
    public IntegerUse UseOf(NodeProto node) => _uses.GetValueOrDefault(node);

    /// <summary>Whether an operator is part of the one before it: a limit that the integers of that one have by themselves.</summary>
    public bool IsGone(NodeProto node) => _gone.Contains(node);

    /// <summary>The value that an operator writes: that of a limit after it, if it is part of it.</summary>
    public string OutputOf(NodeProto node) => _absorbed.GetValueOrDefault(node.Output[0], node.Output[0]);

    /// <summary>Whether an operator writes a value as integers.</summary>
    public bool IsInteger(string value) => _integers.Contains(value);

    /// <summary>The measured value that has the scale of a value.</summary>
    public string ScaleOf(string value) => _passed.GetValueOrDefault(value, value);

    /// <summary>Whether a value is a constant.</summary>
    public bool IsConstant(string value) => value.Length == 0 || _constants.Contains(value);

    private void Plan(NodeProto node)
    {
        string[] data = [.. node.Input.Where(input => !IsConstant(input))];
        bool isOfIntegers = data.Length > 0 && data.All(_integers.Contains);
        if (node.OpType is "GlobalAveragePool" or "GlobalMaxPool" || (data.Length > 0 && data.All(_vectors.Contains))) _vectors.UnionWith(node.Output);
        switch (node.OpType)
        {
            case "Conv" when data.Length == 1 && !_vectors.Contains(data[0]):
                Compute(node, data);
                break;
            case "Gemm" or "MatMul" when data.Length == 1 && data[0] == node.Input[0] && node.Output[0] != _logits:
                if (node.OpType == "Gemm" && (Limit(node) is not null || IsReadByProduct(node))) Compute(node, data);
                else Read(node, data);
                break;
            case "MaxPool" or "Flatten" or "Reshape" or "Transpose" when _integers.Contains(node.Input[0]):
                _uses[node] = IntegerUse.Passes;
                _integers.Add(node.Output[0]);
                _passed[node.Output[0]] = ScaleOf(node.Input[0]);
                break;
            case "AveragePool" or "Sigmoid" or "Concat" or "Add" when isOfIntegers && data.Length == node.Input.Count:
            case "Mul" when data.Length == 2 && data.Any(_integers.Contains) && data.All(value => _integers.Contains(value) || _vectors.Contains(value)):
                Compute(node, data);
                break;
        }
    }

    private void Compute(NodeProto node, string[] data)
    {
        Read(node, data);
        _uses[node] = IntegerUse.Whole;
        if (Limit(node) is { } limit)
        {
            _gone.Add(limit);
            _absorbed[node.Output[0]] = limit.Output[0];
        }
        _integers.Add(OutputOf(node));
        _measured.Add(OutputOf(node));
    }

    private void Read(NodeProto node, string[] data)
    {
        _uses[node] = IntegerUse.Reads;
        foreach (string value in data)
        {
            if (!_integers.Contains(value) && !_measured.Contains(value)) _measured.Add(value);
        }
    }

    /// <summary>The only reader of an operator, if it takes away what is below zero, and perhaps above something.</summary>
    private NodeProto? Limit(NodeProto node) =>
        node.OpType is "Conv" or "Gemm" or "Add" && OnlyReader(node.Output[0]) is { } reader
        && (reader.OpType == "Relu" || (reader.OpType == "Clip" && reader.Input[1] == "number_0" && IsConstant(reader.Input[2])))
            ? reader
            : null;

    private NodeProto? OnlyReader(string value) => !_outputs.Contains(value) && _readers.TryGetValue(value, out List<NodeProto>? readers) && readers is [var only] ? only : null;

    private bool IsReadByProduct(NodeProto node) =>
        OnlyReader(node.Output[0]) is { OpType: "Gemm" } reader && IsConstant(reader.Input[1]) && reader.Output[0] != _logits;
}
