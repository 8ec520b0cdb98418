using System.Runtime.InteropServices;
using FineTune.Training.Exporters.Onnx.Format;
using Google.Protobuf;
using DataType = FineTune.Training.Exporters.Onnx.Format.TensorProto.Types.DataType;

namespace FineTune.Training.Exporters.Onnx;

/// <summary>
/// A network with integers in it: weights are stored as integers, and every value that integers are computed from or written to goes through
/// <c>QuantizeLinear</c> and <c>DequantizeLinear</c>. Runtimes make one operator of integers of each operator with those around it; where one
/// does not, it computes the same in float32.
/// </summary>
internal sealed class QuantizedNetwork
{
    private readonly GraphProto _graph;
    private readonly QuantizationPlan _plan;
    private readonly IReadOnlyDictionary<string, ValueRange> _ranges;
    private readonly Dictionary<string, TensorProto> _constants;
    private readonly GraphProto _written;
    private readonly HashSet<string> _replaced = [];
    private readonly Dictionary<string, (string Scale, string Zero, float Step)> _scales = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _dequantized = new(StringComparer.Ordinal);

    private QuantizedNetwork(TranslatedNetwork network, QuantizationPlan plan, IReadOnlyDictionary<string, ValueRange> ranges)
    {
        (_graph, _plan, _ranges) = (network.Graph, plan, ranges);
        _constants = _graph.Initializer.ToDictionary(static tensor => tensor.Name, StringComparer.Ordinal);
        _written = new GraphProto { Name = _graph.Name };
        _written.Input.AddRange(_graph.Input);
        _written.Output.AddRange(_graph.Output);
        _written.Node.AddRange(_graph.Node.Take(network.Start));
        foreach (NodeProto node in _graph.Node.Skip(network.Start))
        {
            if (!plan.IsGone(node)) Add(node);
        }
        HashSet<string> read = [.. _written.Node.SelectMany(static node => node.Input)];
        // Constants of nodes that are no longer there, and float weights that have become integers.
        TensorProto[] kept = [.. _graph.Initializer.Where(tensor => read.Contains(tensor.Name) && !_replaced.Contains(tensor.Name))];
        _written.Initializer.AddRange(kept);
    }

    /// <summary>Makes one of a network in float32.</summary>
    /// <param name="network">The network.</param>
    /// <param name="plan">Which operators compute with integers.</param>
    /// <param name="ranges">The ranges of the values of the plan.</param>
    public static TranslatedNetwork Of(TranslatedNetwork network, QuantizationPlan plan, IReadOnlyDictionary<string, ValueRange> ranges) =>
        network with { Graph = new QuantizedNetwork(network, plan, ranges)._written };

    private void Add(NodeProto node)
    {
        IntegerUse use = _plan.UseOf(node);
        NodeProto copy = node.Clone();
        if (use == IntegerUse.None)
        {
            _written.Node.Add(copy);
            return;
        }
        for (int i = 0; i < copy.Input.Count; i++)
        {
            if (!_plan.IsConstant(copy.Input[i])) copy.Input[i] = ReadInteger(copy.Input[i]);
        }
        if (node.OpType is "Conv" or "Gemm" or "MatMul") UseIntegerWeights(copy, ScaleOf(node.Input[0]).Step);
        _written.Node.Add(copy);
        if (use == IntegerUse.Reads) return;
        string output = _plan.OutputOf(node);
        copy.Name = copy.Output[0] = output + "/float";
        AddPair(copy.Output[0], $"{output}/integers", output, ScaleOf(output));
        _dequantized[output] = output;
    }

    /// <summary>The name of a value that has gone through integers.</summary>
    private string ReadInteger(string value)
    {
        if (_dequantized.TryGetValue(value, out string? name)) return name;
        _dequantized[value] = name = value + "/dequantized";
        AddPair(value, $"{value}/integers", name, ScaleOf(value));
        return name;
    }

    private void AddPair(string value, string integers, string dequantized, (string Scale, string Zero, float Step) scale)
    {
        _written.Node.Add(OnnxGraph.Node("QuantizeLinear", integers, [value, scale.Scale, scale.Zero]));
        _written.Node.Add(OnnxGraph.Node("DequantizeLinear", dequantized, [integers, scale.Scale, scale.Zero]));
    }

    private (string Scale, string Zero, float Step) ScaleOf(string value)
    {
        value = _plan.ScaleOf(value);
        if (_scales.TryGetValue(value, out (string Scale, string Zero, float Step) known)) return known;
        ValueRange range = _ranges[value];
        float step = (range.Most - range.Least) / byte.MaxValue;
        // Any will do for a value that is always zero.
        if (!float.IsNormal(step)) step = 1;
        byte zero = (byte)Math.Clamp(MathF.Round(-range.Least / step), 0, byte.MaxValue);
        var scale = (AddConstant<float>($"{value}/scale", DataType.Float, [step]), AddConstant<byte>($"{value}/zero", DataType.Uint8, [zero]), step);
        _scales[value] = scale;
        return scale;
    }

    private void UseIntegerWeights(NodeProto node, float inputScale)
    {
        TensorProto weight = _constants[node.Input[1]];
        TensorProto? bias = node.Input.Count > 2 ? _constants[node.Input[2]] : null;
        bool areColumns = node.OpType == "MatMul";
        int outputs = (int)weight.Dims[areColumns ? 1 : 0];
        IntegerWeights integers = IntegerWeights.Of(Floats(weight), bias is null ? [] : Floats(bias), inputScale, outputs, areColumns);
        string name = weight.Name;
        _replaced.Add(name);
        AddConstant<sbyte>(name, DataType.Int8, integers.Values, [.. weight.Dims]);
        string scales = AddConstant<float>($"{name}/scale", DataType.Float, integers.Scales, outputs);
        // Each has zeros of its own: ONNX Runtime's session.x64quantprecision replaces them by others, and fails where two layers share them.
        string zeros = AddConstant<sbyte>($"{name}/zero", DataType.Int8, new sbyte[outputs], outputs);
        string weights = $"{name}/dequantized";
        _written.Node.Add(OnnxGraph.Node("DequantizeLinear", weights, [name, scales, zeros], OnnxGraph.Attribute("axis", areColumns ? 1L : 0)));
        node.Input[1] = weights;
        if (bias is null) return;
        _replaced.Add(bias.Name);
        AddConstant<int>(bias.Name, DataType.Int32, integers.Bias, outputs);
        string biasScales = AddConstant<float>($"{bias.Name}/scale", DataType.Float, integers.BiasScales, outputs);
        string added = $"{bias.Name}/dequantized";
        _written.Node.Add(OnnxGraph.Node("DequantizeLinear", added, [bias.Name, biasScales], OnnxGraph.Attribute("axis", 0L)));
        node.Input[2] = added;
    }

    private static ReadOnlySpan<float> Floats(TensorProto tensor) => MemoryMarshal.Cast<byte, float>(tensor.RawData.Span);

    private string AddConstant<T>(string name, DataType type, ReadOnlySpan<T> values, params ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        var tensor = new TensorProto { Name = name, DataType = (int)type, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(values)) };
        foreach (long size in shape) tensor.Dims.Add(size);
        _written.Initializer.Add(tensor);
        return name;
    }
}
