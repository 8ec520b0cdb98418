using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using FineTune.Training.Exporters.Onnx.Format;
using Google.Protobuf;
using DataType = FineTune.Training.Exporters.Onnx.Format.TensorProto.Types.DataType;

namespace FineTune.Training.Exporters.Onnx;

/// <summary>
/// Stores weights in half precision. A <c>Cast</c> after each makes float32 of it, in which everything is computed: ONNX Runtime does that once,
/// when it loads the file, and keeps only the result.
/// </summary>
internal static class HalfWeights
{
    /// <summary>Smaller tensors save nothing.</summary>
    private const int LeastLength = 1024;

    /// <summary>A network whose large float32 constants are stored in half precision, except for those with numbers that half precision does not have.</summary>
    public static TranslatedNetwork Of(TranslatedNetwork network)
    {
        GraphProto graph = network.Graph;
        var halved = new GraphProto { Name = graph.Name };
        halved.Input.AddRange(graph.Input);
        halved.Output.AddRange(graph.Output);
        List<NodeProto> casts = [];
        Dictionary<string, string> names = new(StringComparer.Ordinal);
        HashSet<string> scales = [.. graph.Node.Where(static node => node.OpType is "QuantizeLinear" or "DequantizeLinear").SelectMany(static node => node.Input)];
        foreach (TensorProto tensor in graph.Initializer)
        {
            if (tensor.DataType != (int)DataType.Float || scales.Contains(tensor.Name) || Halve(tensor) is not { } half)
            {
                halved.Initializer.Add(tensor);
                continue;
            }
            halved.Initializer.Add(half);
            string name = tensor.Name + "/float";
            casts.Add(OnnxGraph.Node("Cast", name, [tensor.Name], OnnxGraph.Attribute("to", (long)DataType.Float)));
            names.Add(tensor.Name, name);
        }
        halved.Node.AddRange(graph.Node.Take(network.Start));
        halved.Node.AddRange(casts);
        foreach (NodeProto node in graph.Node.Skip(network.Start))
        {
            NodeProto copy = node.Clone();
            for (int i = 0; i < copy.Input.Count; i++) copy.Input[i] = names.GetValueOrDefault(copy.Input[i], copy.Input[i]);
            halved.Node.Add(copy);
        }
        return network with { Graph = halved };
    }

    private static TensorProto? Halve(TensorProto tensor)
    {
        ReadOnlySpan<float> values = MemoryMarshal.Cast<byte, float>(tensor.RawData.Span);
        if (values.Length < LeastLength || TensorPrimitives.MaxMagnitude(values) > (float)Half.MaxValue) return null;
        Half[] halves = new Half[values.Length];
        TensorPrimitives.ConvertToHalf(values, halves);
        var half = new TensorProto { Name = tensor.Name, DataType = (int)DataType.Float16, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<Half>(halves)) };
        half.Dims.AddRange(tensor.Dims);
        return half;
    }
}
