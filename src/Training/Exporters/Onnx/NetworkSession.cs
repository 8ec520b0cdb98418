using FineTune.Native;
using FineTune.Pipeline;
using FineTune.Training.Diagnostics;
using FineTune.Training.Exporters.Onnx.Format;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace FineTune.Training.Exporters.Onnx;

/// <summary>The part of a file that begins with the prepared image, run by ONNX Runtime on this machine's processor.</summary>
internal sealed class NetworkSession : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();
    private readonly string[] _inputs;
    private readonly string[] _outputs;
    private readonly long[] _shape;

    /// <summary>Loads a network.</summary>
    /// <param name="network">The network.</param>
    /// <param name="outputs">The values that runs give: outputs of the network, or values in it.</param>
    /// <exception cref="PipelineException">ONNX Runtime cannot be loaded.</exception>
    public NetworkSession(TranslatedNetwork network, params string[] outputs)
    {
        (_inputs, _outputs, _shape) = ([network.Prepared], outputs, [1, 3, network.Height, network.Width]);
        byte[] model = network.ToModel(outputs).ToByteArray();
        NativeDirectories.Use();
        try
        {
            using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
            options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
            // Without it, products of 8-bit integers saturate on x64 processors without VNNI. It changes nothing on others.
            options.AddSessionConfigEntry("session.x64quantprecision", "1");
            _session = new InferenceSession(model, options);
        }
        catch (Exception e) when (e is DllNotFoundException or TypeInitializationException or EntryPointNotFoundException or BadImageFormatException)
        {
            throw TrainingDiagnostics.NoOnnxRuntime.Because(e, OnnxOptions.PrecisionKey, Plugins.ExceptionText.Sentence((e.InnerException ?? e).Message));
        }
    }

    /// <summary>Runs a batch.</summary>
    /// <param name="images">Prepared images, one after another.</param>
    /// <param name="count">How many.</param>
    /// <returns>The values in the order of their names, to be disposed of by the caller.</returns>
    public IDisposableReadOnlyCollection<OrtValue> Run(float[] images, int count)
    {
        _shape[0] = count;
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(images, _shape);
        return _session.Run(_options, _inputs, [input], _outputs);
    }

    /// <summary>Runs a batch of a network of one output.</summary>
    /// <param name="images">Prepared images, one after another.</param>
    /// <param name="count">How many.</param>
    public float[] RunOne(float[] images, int count)
    {
        using IDisposableReadOnlyCollection<OrtValue> values = Run(images, count);
        return values[0].GetTensorDataAsSpan<float>().ToArray();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _session?.Dispose();
        _options.Dispose();
    }
}
