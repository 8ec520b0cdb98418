using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace FineTune.Inference;

/// <summary>
/// A network that ONNX Runtime has loaded. It is safe to use from several threads, also while another one disposes of it: passes that have begun
/// end as usual.
/// </summary>
internal sealed class OnnxNetwork : IDisposable
{
    /// <summary>The input: prepared pixels, float32 <c>[N, 3, H, W]</c>.</summary>
    private const string Input = "input";

    /// <summary>An output: probabilities <c>[N, classes]</c>.</summary>
    public const string Probabilities = "probabilities";

    /// <summary>An output: logits <c>[N, classes]</c>.</summary>
    public const string Logits = "logits";

    /// <summary>An output: the global average of the backbone's output, <c>[N, C]</c>.</summary>
    public const string Features = "features";

    private static readonly string[] Inputs = [Input];

    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();
    private readonly Func<byte[]> _read;
    private readonly OnnxShape _shape;
    private readonly ClassifierLoadOptions _load;
    private readonly string _source;
    private readonly bool _isPlain;

    private readonly Uses _uses;

    private OnnxNetwork(InferenceSession session, Func<byte[]> read, OnnxShape shape, ClassifierLoadOptions load, string source, bool isPlain)
    {
        (_session, _read, _shape, _load, _source, _isPlain) = (session, read, shape, load, source, isPlain);
        _uses = new Uses(Free);
        Metadata = session.ModelMetadata.CustomMetadataMap;
    }

    /// <summary>The notes of the model.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Loads a model.</summary>
    /// <param name="read">Reads the bytes of an ONNX file. They are not kept: ONNX Runtime has its own form of the weights.</param>
    /// <param name="shape">What it must take and give.</param>
    /// <param name="load">Where it runs.</param>
    /// <param name="source">What messages call the model.</param>
    /// <param name="isPlain">Whether layers are run one by one as they stand in the file, without ONNX Runtime's optimised forms.</param>
    /// <exception cref="InvalidDataException">The model is damaged, or does not fit.</exception>
    /// <exception cref="InvalidOperationException">The device does not exist.</exception>
    public static OnnxNetwork Load(Func<byte[]> read, OnnxShape shape, ClassifierLoadOptions load, string source, bool isPlain = false)
    {
        using SessionOptions options = OnnxSessions.CreateOptions(load, isPlain);
        InferenceSession session;
        try
        {
            session = new InferenceSession(read(), options);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidDataException($"{source} cannot be read as an ONNX model: {e.Message}", e);
        }
        var network = new OnnxNetwork(session, read, shape, load, source, isPlain);
        if (network.FindMisfit() is not { } misfit) return network;
        network.Dispose();
        throw new InvalidDataException($"{source} does not fit the class: {misfit}.");
    }

    /// <summary>The same network, run layer by layer as it stands in the file.</summary>
    public OnnxNetwork LoadPlain() => Load(_read, _shape, _load, _source, isPlain: true);

    /// <summary>Runs the network.</summary>
    /// <param name="output">What is wanted of it.</param>
    /// <param name="input">Prepared pixels, <c>[N, 3, H, W]</c>.</param>
    /// <param name="count">N.</param>
    /// <returns>The output, row by row.</returns>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public float[] Run(string output, float[] input, int count)
    {
        _uses.Begin(this);
        try
        {
            using OrtValue images = OrtValue.CreateTensorValueFromMemory(input, [count, 3, _shape.Input.Height, _shape.Input.Width]);
            using IDisposableReadOnlyCollection<OrtValue> results = _session.Run(_options, Inputs, [images], [output]);
            float[] values = results[0].GetTensorDataAsSpan<float>().ToArray();
            return KernelFault.Current?.Invoke(_isPlain, values) ?? values;
        }
        finally
        {
            _uses.End();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _uses.Dispose();

    private void Free()
    {
        _session.Dispose();
        _options.Dispose();
    }

    private string? FindMisfit()
    {
        if (!_session.InputMetadata.TryGetValue(Input, out NodeMetadata? input)) return $"it has no input '{Input}', so it is not one of the form 'tensor'";
        int[] wanted = [-1, 3, _shape.Input.Height, _shape.Input.Width];
        if (input.ElementDataType != Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float || !input.Dimensions.SequenceEqual(wanted))
        {
            return $"its input is {Show(input)} instead of {Show(wanted)} of Float";
        }
        foreach (string output in (string[])[Probabilities, Logits, Features])
        {
            if (!_session.OutputMetadata.ContainsKey(output)) return $"it has no output '{output}'";
        }
        NodeMetadata logits = _session.OutputMetadata[Logits];
        return logits.Dimensions.Length == 2 && logits.Dimensions[1] == _shape.Classes ? null : $"its logits are {Show(logits)} for {_shape.Classes} classes";
    }

    private static string Show(NodeMetadata node) => $"{Show(node.Dimensions)} of {node.ElementDataType}";

    private static string Show(int[] dimensions) =>
        $"[{string.Join(", ", dimensions.Select(static size => size < 0 ? "N" : size.ToString(CultureInfo.InvariantCulture)))}]";
}
