using System.Globalization;
using System.Runtime.InteropServices;
using FineTune.Training.Diagnostics;
using FineTune.Training.Exporters.Onnx.Format;
using Google.Protobuf;
using DataType = FineTune.Training.Exporters.Onnx.Format.TensorProto.Types.DataType;

namespace FineTune.Training.Exporters.Onnx;

/// <summary>Builds the graph of an ONNX file: operators, constants, inputs and outputs. Every value has a name of its own.</summary>
internal sealed class OnnxGraph
{
    /// <summary>What constants may take: a file is less than 2 GB, of which some is left for everything else.</summary>
    private const long Limit = int.MaxValue - (16 << 20);

    private readonly HashSet<string> _names = [];
    private readonly Dictionary<string, string> _shared = new(StringComparer.Ordinal);
    private readonly long _limit;
    private long _bytes;

    /// <summary>Begins a graph.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="limit">The bytes that its constants may take.</param>
    public OnnxGraph(string name, long limit = Limit) => (Proto, _limit) = (new GraphProto { Name = name }, limit);

    /// <summary>What is written.</summary>
    public GraphProto Proto { get; }

    /// <summary>Adds an operator with one output.</summary>
    /// <param name="type">The operator.</param>
    /// <param name="name">What its output should be called; a number is added if that is taken.</param>
    /// <param name="inputs">What it reads.</param>
    /// <param name="attributes">Its attributes.</param>
    /// <returns>The name of the output.</returns>
    public string Add(string type, string name, ReadOnlySpan<string> inputs, params ReadOnlySpan<AttributeProto> attributes) =>
        Add(type, [name], inputs, attributes)[0];

    /// <summary>Adds an operator with several outputs.</summary>
    /// <param name="type">The operator.</param>
    /// <param name="names">What its outputs should be called.</param>
    /// <param name="inputs">What it reads.</param>
    /// <param name="attributes">Its attributes.</param>
    /// <returns>The names of the outputs.</returns>
    public string[] Add(string type, string[] names, ReadOnlySpan<string> inputs, params ReadOnlySpan<AttributeProto> attributes)
    {
        string[] outputs = [.. names.Select(Unique)];
        var node = new NodeProto { Name = outputs[0], OpType = type };
        foreach (string input in inputs) node.Input.Add(input);
        node.Output.AddRange(outputs);
        foreach (AttributeProto attribute in attributes) node.Attribute.Add(attribute);
        Proto.Node.Add(node);
        return outputs;
    }

    /// <summary>Adds numbers.</summary>
    /// <returns>Their name.</returns>
    /// <exception cref="Pipeline.PipelineException">All constants together are larger than a file can be.</exception>
    public string Constant(string name, ReadOnlySpan<float> values, params ReadOnlySpan<long> shape) =>
        Constant(name, DataType.Float, MemoryMarshal.AsBytes(values), shape);

    /// <summary>Adds numbers in double precision.</summary>
    /// <returns>Their name.</returns>
    public string Doubles(string name, params ReadOnlySpan<double> values) => Constant(name, DataType.Double, MemoryMarshal.AsBytes(values), [values.Length]);

    /// <summary>Adds a vector of whole numbers; the same numbers are there once.</summary>
    /// <returns>Their name.</returns>
    public string Integers(params ReadOnlySpan<long> values)
    {
        string text = string.Join('_', values.ToArray().Select(static value => value.ToString(CultureInfo.InvariantCulture)));
        if (!_shared.TryGetValue(text, out string? name)) _shared[text] = name = Constant($"ints_{text}", DataType.Int64, MemoryMarshal.AsBytes(values), [values.Length]);
        return name;
    }

    /// <summary>Adds one number; the same number is there once.</summary>
    /// <returns>Its name.</returns>
    public string Number(float value)
    {
        string text = "number_" + value.ToString("R", CultureInfo.InvariantCulture);
        if (!_shared.TryGetValue(text, out string? name)) _shared[text] = name = Constant(text, [value]);
        return name;
    }

    /// <summary>Adds an input of the file.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">The type of its elements.</param>
    /// <param name="shape">Its dimensions: numbers, or names of those that are not fixed.</param>
    /// <returns>The name.</returns>
    public string Input(string name, DataType type, ReadOnlySpan<string> shape)
    {
        Proto.Input.Add(Value(name, type, shape));
        return name;
    }

    /// <summary>Makes a value an output of the file.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="shape">Its dimensions: numbers, or names of those that are not fixed.</param>
    public void Output(string name, ReadOnlySpan<string> shape) => Proto.Output.Add(Value(name, DataType.Float, shape));

    /// <summary>An operator with one output, which it is called after.</summary>
    /// <param name="type">The operator.</param>
    /// <param name="name">The output.</param>
    /// <param name="inputs">What it reads.</param>
    /// <param name="attributes">Its attributes.</param>
    public static NodeProto Node(string type, string name, IEnumerable<string> inputs, params ReadOnlySpan<AttributeProto> attributes)
    {
        var node = new NodeProto { Name = name, OpType = type };
        node.Input.AddRange(inputs);
        node.Output.Add(name);
        foreach (AttributeProto attribute in attributes) node.Attribute.Add(attribute);
        return node;
    }

    /// <summary>An attribute of one whole number.</summary>
    public static AttributeProto Attribute(string name, long value) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Int, I = value };

    /// <summary>An attribute of one number.</summary>
    public static AttributeProto Attribute(string name, float value) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Float, F = value };

    /// <summary>An attribute of a word.</summary>
    public static AttributeProto Attribute(string name, string value) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.String, S = ByteString.CopyFromUtf8(value) };

    /// <summary>An attribute of several whole numbers.</summary>
    public static AttributeProto Attribute(string name, params long[] values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Ints };
        attribute.Ints.AddRange(values);
        return attribute;
    }

    private string Constant(string name, DataType type, ReadOnlySpan<byte> data, ReadOnlySpan<long> shape)
    {
        _bytes += data.Length;
        if (_bytes > _limit) throw TrainingDiagnostics.TooLargeForOnnx.Exception(null, _bytes / 1_000_000);
        var tensor = new TensorProto { Name = Unique(name), DataType = (int)type, RawData = ByteString.CopyFrom(data) };
        foreach (long size in shape) tensor.Dims.Add(size);
        Proto.Initializer.Add(tensor);
        return tensor.Name;
    }

    /// <summary>A name that nothing else has.</summary>
    private string Unique(string name)
    {
        string unique = name;
        for (int i = 2; !_names.Add(unique); i++) unique = string.Create(CultureInfo.InvariantCulture, $"{name}_{i}");
        return unique;
    }

    /// <summary>Describes a value.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">The type of its elements.</param>
    /// <param name="shape">Its dimensions: numbers, or names of those that are not fixed.</param>
    public static ValueInfoProto Value(string name, DataType type, ReadOnlySpan<string> shape)
    {
        var dimensions = new TensorShapeProto();
        foreach (string size in shape)
        {
            dimensions.Dim.Add(long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
                ? new TensorShapeProto.Types.Dimension { DimValue = number }
                : new TensorShapeProto.Types.Dimension { DimParam = size });
        }
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = dimensions } } };
    }
}
