using FineTune.Pipeline;
using FineTune.Training.Diagnostics;
using ModelSpec.Text;

namespace FineTune.Training.Exporters.Onnx;

/// <summary>What an ONNX file takes.</summary>
internal enum OnnxForm
{
    /// <summary>The prepared image: float32 <c>[N, 3, H, W]</c>.</summary>
    Tensor,

    /// <summary>The pixels of images of any size: uint8 <c>[N, rows, columns, 3]</c>.</summary>
    Pixels,
}

/// <summary>What an ONNX file computes in.</summary>
internal enum OnnxPrecision
{
    /// <summary>float32.</summary>
    Single,

    /// <summary>float32 with weights that are stored in half of it.</summary>
    Half,

    /// <summary>Eight-bit integers, where they are accurate and fast.</summary>
    Int8,
}

/// <summary>The values of the keys of the exporter <c>onnx</c>.</summary>
/// <param name="Form">What the file takes.</param>
/// <param name="Precision">What it computes in.</param>
/// <param name="MaxDrop">How much of the accuracy a lower precision than float32 may cost, in [0, 1].</param>
internal sealed record OnnxOptions(OnnxForm Form, OnnxPrecision Precision, double MaxDrop = OnnxOptions.DefaultMaxDrop)
{
    /// <summary>The key of <see cref="Form"/>.</summary>
    public const string FormKey = "form";

    /// <summary>The key of <see cref="Precision"/>.</summary>
    public const string PrecisionKey = "precision";

    /// <summary>The key of <see cref="MaxDrop"/>.</summary>
    public const string MaxDropKey = "max_drop";

    /// <summary>Half a percentage point.</summary>
    public const double DefaultMaxDrop = 0.005;

    private static readonly (string Word, OnnxForm Form)[] Forms = [("tensor", OnnxForm.Tensor), ("pixels", OnnxForm.Pixels)];

    private static readonly (string Word, OnnxPrecision Precision)[] Precisions = [("fp32", OnnxPrecision.Single), ("fp16", OnnxPrecision.Half), ("int8", OnnxPrecision.Int8)];

    /// <summary>The word of <see cref="Form"/>.</summary>
    public string FormWord => Forms.First(form => form.Form == Form).Word;

    /// <summary>The word of <see cref="Precision"/>.</summary>
    public string PrecisionWord => Precisions.First(precision => precision.Precision == Precision).Word;

    /// <summary>Reads the values of the keys.</summary>
    /// <exception cref="PipelineException">A word is not known.</exception>
    public static OnnxOptions Read(PartValues values) =>
        new(Find(Forms, values, FormKey), Find(Precisions, values, PrecisionKey), values.Number(MaxDropKey));

    /// <summary>The name of the file: what differs from the defaults is in it, so that several forms have their places.</summary>
    public string FileName(string specName)
    {
        string form = Form == OnnxForm.Tensor ? "" : "." + FormWord;
        string precision = Precision == OnnxPrecision.Single ? "" : "." + PrecisionWord;
        return $"{specName}{form}{precision}.onnx";
    }

    private static T Find<T>((string Word, T Value)[] words, PartValues values, string key)
    {
        string word = values.Text(key);
        foreach ((string known, T value) in words)
        {
            if (known == word) return value;
        }
        string[] all = [.. words.Select(static known => known.Word)];
        string suggestion = NearestName.Find(word, all) is { } nearest ? $" Did you mean '{nearest}'?" : "";
        throw TrainingDiagnostics.OnnxWord.Exception(key, word, key, suggestion, string.Join(", ", all));
    }
}
