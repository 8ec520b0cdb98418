using FineTune.Training.Exporters.Onnx.Format;
using Google.Protobuf;
using DataType = FineTune.Training.Exporters.Onnx.Format.TensorProto.Types.DataType;

namespace Runtime.Onnx.Tests;

/// <summary>An ONNX file as the exporter would write it, small enough to reason about: its logits and features are the means of the channels.</summary>
internal sealed record TinyModel
{
    public const int Side = 8;

    /// <summary>The notes of the file.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>What the input is called.</summary>
    public string Input { get; init; } = "input";

    /// <summary>How many logits the file says that it gives.</summary>
    public int Classes { get; init; } = 3;

    /// <summary>The bytes of the file.</summary>
    public byte[] ToBytes()
    {
        var graph = new GraphProto { Name = "tiny" };
        graph.Node.Add(Node("GlobalAveragePool", Input, "pooled"));
        graph.Node.Add(Node("Flatten", "pooled", "features"));
        graph.Node.Add(Node("Identity", "features", "logits"));
        graph.Node.Add(Node("Softmax", "logits", "probabilities"));
        graph.Input.Add(Value(Input, 3, Side, Side));
        graph.Output.Add(Value("probabilities", Classes));
        graph.Output.Add(Value("logits", Classes));
        graph.Output.Add(Value("features", 3));
        var model = new ModelProto { IrVersion = 8, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 18 });
        foreach ((string key, string value) in Metadata) model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
        return model.ToByteArray();
    }

    private static NodeProto Node(string type, string input, string output)
    {
        var node = new NodeProto { OpType = type, Name = output };
        node.Input.Add(input);
        node.Output.Add(output);
        return node;
    }

    private static ValueInfoProto Value(string name, params int[] sizes)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimParam = "N" });
        foreach (int size in sizes) shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = size });
        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)DataType.Float, Shape = shape } },
        };
    }
}
