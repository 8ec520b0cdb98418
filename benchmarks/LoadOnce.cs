using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using FineTune.Native;

namespace FineTune.Benchmarks;

/// <summary>What an application goes through once, measured from inside a fresh process: libtorch, <c>Load()</c>, predictions.</summary>
internal sealed class LoadOnce : Command
{
    private readonly Argument<string> _image = new("image");

    public LoadOnce()
        : base("load-once", "Loads VGG16 in this process and predicts.")
    {
        Add(_image);
        Hidden = true;
        SetAction(parse => Measure(parse.GetValue(_image)!));
    }

    private static void Measure(string image)
    {
        byte[] encoded = File.ReadAllBytes(image);
        var clock = Stopwatch.StartNew();
        NativeLibraries.Load();
        double libtorch = clock.Elapsed.TotalSeconds;
        using Vgg16Classifier classifier = Vgg16Classifier.Load();
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
