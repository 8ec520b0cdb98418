using FineTune.Training.Exporters.Onnx.Format;

namespace FineTune.Training.Exporters.Onnx;

/// <summary>The graph of a file, of which everything from the prepared image on is the network.</summary>
/// <param name="Graph">The whole graph.</param>
/// <param name="Start">How many of its nodes prepare the image; the others are the network.</param>
/// <param name="Prepared">The name of the prepared image, float32 <c>[N, 3, H, W]</c>.</param>
/// <param name="Height">H.</param>
/// <param name="Width">W.</param>
internal sealed record TranslatedNetwork(GraphProto Graph, int Start, string Prepared, int Height, int Width)
{
    /// <summary>The network as a model that takes the prepared image. It has the same objects as this graph.</summary>
    /// <param name="outputs">What it gives.</param>
    public ModelProto ToModel(IEnumerable<string> outputs)
    {
        var graph = new GraphProto { Name = Graph.Name };
        graph.Node.AddRange(Graph.Node.Skip(Start));
        HashSet<string> read = [.. graph.Node.SelectMany(static node => node.Input)];
        graph.Initializer.AddRange(Graph.Initializer.Where(tensor => read.Contains(tensor.Name)));
        string[] shape = [OnnxNames.Batch, "3", OnnxExporter.Size(Height), OnnxExporter.Size(Width)];
        graph.Input.Add(OnnxGraph.Value(Prepared, TensorProto.Types.DataType.Float, shape));
        foreach (string output in outputs)
        {
            var type = new TypeProto.Types.Tensor { ElemType = (int)TensorProto.Types.DataType.Float };
            graph.Output.Add(new ValueInfoProto { Name = output, Type = new TypeProto { TensorType = type } });
        }
        return OnnxModel.Create(graph);
    }
}
