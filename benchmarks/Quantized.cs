using System.CommandLine;
using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace FineTune.Benchmarks;

/// <summary>
/// The ONNX files of trained networks in float32, half precision and integers: bytes, accuracy as the exporter measured it, and images a second with
/// the settings that applications get.
/// </summary>
internal sealed class Quantized : Command
{
    private static readonly int[] Batches = [1, 8];

    private readonly Argument<string[]> _specs = new("specs") { Description = "Specs with trained weights beside them." };
    private readonly Option<int> _rounds = new("--rounds") { DefaultValueFactory = static _ => 9 };

    public Quantized()
        : base("quantized", "ONNX files in fp32, fp16 and int8: bytes, accuracy and images a second.")
    {
        Add(_specs);
        Add(_rounds);
        SetAction(parse => Measure(parse.GetValue(_specs)!, parse.GetValue(_rounds)));
    }

    private static void Measure(string[] specs, int rounds)
    {
        string folder = Directory.CreateTempSubdirectory("finetune-quantized").FullName;
        try
        {
            foreach (string spec in specs) Measure(spec, rounds, folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Measure(string spec, int rounds, string folder)
    {
        string name = Path.GetFileNameWithoutExtension(spec);
        string trainer = Path.Combine(Commands.RepositoryRoot, "src/Training/bin", Commands.Configuration, "net10.0/finetune.dll");
        List<Model> models = [];
        foreach (string precision in (string[])["fp32", "fp16", "int8"])
        {
            Commands.Run(folder, "dotnet", "exec", trainer, "export", Path.GetFullPath(spec), "--format", "onnx", "--set", $"precision={precision}", "--set", "max_drop=1", "--to", folder);
            models.Add(new Model(precision, Path.Combine(folder, precision == "fp32" ? $"{name}.onnx" : $"{name}.{precision}.onnx")));
        }
        IReadOnlyList<Measurement> measured = Commands.Interleave(
            rounds, [.. models.SelectMany(static model => Batches.Select(batch => ($"{model.Precision} batch {batch}", (Action)(() => model.Run(batch)))))]);
        Console.WriteLine(name);
        for (int i = 0; i < models.Count; i++)
        {
            Model model = models[i];
            string[] speeds = [.. Batches.Select((batch, b) => Speed(batch, measured[i * Batches.Length + b].Median, measured[b].Median))];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {model.Precision}  {model.Bytes / 1e6,6:0.0} MB   {string.Join("   ", speeds)}   {model.Accuracy}"));
            model.Dispose();
        }
    }

    private static string Speed(int batch, double seconds, double single) =>
        string.Create(CultureInfo.InvariantCulture, $"batch {batch}: {batch / seconds,7:0.0} images/s ({single / seconds:0.00} x fp32)");

    /// <summary>A file that is loaded as applications do it.</summary>
    private sealed class Model : IDisposable
    {
        private readonly InferenceSession _session;

        public Model(string precision, string path)
        {
            (Precision, Bytes) = (precision, new FileInfo(path).Length);
            using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
            options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
            _session = new InferenceSession(path, options);
        }

        public string Precision { get; }

        public long Bytes { get; }

        public string Accuracy =>
            _session.ModelMetadata.CustomMetadataMap.TryGetValue("finetune.accuracy", out string? accuracy)
                ? $"accuracy {accuracy}, fp32 {_session.ModelMetadata.CustomMetadataMap["finetune.accuracy_fp32"]}"
                : "";

        public void Run(int batch)
        {
            long[] shape = [.. _session.InputMetadata["input"].Dimensions.Select((size, i) => i == 0 ? batch : (long)size)];
            float[] images = new float[shape.Aggregate(1L, static (a, b) => a * b)];
            // Zeros would be faster than photos: some kernels skip them.
            for (int i = 0; i < images.Length; i++) images[i] = (i * 7919 % 1000 / 500f) - 1;
            using OrtValue input = OrtValue.CreateTensorValueFromMemory(images, shape);
            using var options = new RunOptions();
            _session.Run(options, ["input"], [input], ["probabilities"]).Dispose();
        }

        public void Dispose() => _session.Dispose();
    }
}
