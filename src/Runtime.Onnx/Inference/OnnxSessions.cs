using FineTune.Native;
using Microsoft.ML.OnnxRuntime;

namespace FineTune.Inference;

/// <summary>How ONNX Runtime is asked to run networks.</summary>
internal static class OnnxSessions
{
    static OnnxSessions() => NativeDirectories.Use();

    /// <summary>The options of a session.</summary>
    /// <param name="load">The device.</param>
    /// <param name="isPlain">Whether layers are run one by one as they stand in the file.</param>
    /// <exception cref="InvalidOperationException">The device does not exist.</exception>
    public static SessionOptions CreateOptions(ClassifierLoadOptions load, bool isPlain)
    {
        int? cuda = load.FindCudaIndex();
        var options = new SessionOptions
        {
            GraphOptimizationLevel = isPlain ? GraphOptimizationLevel.ORT_DISABLE_ALL : GraphOptimizationLevel.ORT_ENABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        // Threads that spin while they wait gain 0.3 of MobileNet's 1.8 ms and nothing of VGG16's 60, but take whole cores from the rest of the
        // application (docs/performance.md). As many threads as physical cores, which is the default, were fastest.
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        // Without it, products of 8-bit integers saturate on x64 processors without VNNI. It changes nothing on others.
        options.AddSessionConfigEntry("session.x64quantprecision", "1");
        if (cuda is null) return options;
        try
        {
            options.AppendExecutionProvider_CUDA(cuda.Value);
            return options;
        }
        catch (Exception e) when (e is OnnxRuntimeException or EntryPointNotFoundException)
        {
            options.Dispose();
            throw new InvalidOperationException(
                $"The device '{load.Device}' does not exist for this ONNX Runtime ({e.Message.Trim()}). Reference Microsoft.ML.OnnxRuntime.Gpu for CUDA.", e);
        }
    }
}
