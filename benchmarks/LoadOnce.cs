using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using FineTune.Native;

namespace FineTune.Benchmarks;

/// <summary>The start of an application, measured in a new process: libtorch, <c>Load()</c>, predictions.</summary>
internal sealed class LoadOnce : Command
{
    private readonly Argument<string> _image = new("image");
    private readonly Option<bool> _mobileNet = new("--mobilenet") { Description = "MobileNet instead of VGG16." };
    private readonly Option<bool> _noCheck = new("--no-check") { Description = "Leaves out the check that Load() makes." };

    public LoadOnce()
        : base("load-once", "Loads a classifier in this process and predicts.")
    {
        Add(_image);
        Add(_mobileNet);
        Add(_noCheck);
        Hidden = true;
        SetAction(parse =>
        {
            var options = new ClassifierLoadOptions { SelfCheck = !parse.GetValue(_noCheck) };
            if (parse.GetValue(_mobileNet)) Measure(parse.GetValue(_image)!, () => MobileNetClassifier.Load(options));
            else Measure(parse.GetValue(_image)!, () => Vgg16Classifier.Load(options));
        });
    }

    private static void Measure<TLabel>(string image, Func<ImageClassifier<TLabel>> load)
        where TLabel : struct, Enum
    {
        byte[] encoded = File.ReadAllBytes(image);
        var clock = Stopwatch.StartNew();
        NativeLibraries.Load();
        double libtorch = clock.Elapsed.TotalSeconds;
        using ImageClassifier<TLabel> classifier = load();
        double loaded = clock.Elapsed.TotalSeconds;
        _ = classifier.Predict(encoded);
        double first = clock.Elapsed.TotalSeconds;
        List<double> later = [];
        for (int i = 0; i < 5; i++)
        {
            double start = clock.Elapsed.TotalSeconds;
            _ = classifier.Predict(encoded);
            later.Add(clock.Elapsed.TotalSeconds - start);
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"libtorch {libtorch:0.000} load {loaded - libtorch:0.000} first {first - loaded:0.000} later {later.Order().ElementAt(2):0.000}"));
    }
}
