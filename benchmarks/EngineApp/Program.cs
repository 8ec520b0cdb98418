using System.Diagnostics;
using System.Globalization;
#if VGG16
using Classifier = FineTune.Benchmarks.Vgg16Classifier;
#else
using Classifier = FineTune.Benchmarks.MobileNetClassifier;
#endif

// One process of an application: from its start to the first answer, predictions one by one, then batches.
string[] files = [.. Directory.GetFiles(args[0], "*.jpg").Order(StringComparer.Ordinal).Take(64)];
int singles = int.Parse(args[1], CultureInfo.InvariantCulture), batches = int.Parse(args[2], CultureInfo.InvariantCulture);
byte[] encoded = File.ReadAllBytes(files[0]);

using Classifier classifier = Classifier.Load();
_ = classifier.Predict(encoded);
double first = (DateTime.Now - Process.GetCurrentProcess().StartTime).TotalSeconds;
long afterFirst = PeakMemory();

double single = Median(singles, () => classifier.Predict(encoded));
long afterSingles = PeakMemory();
double batch = Median(batches, () => classifier.Predict(files[..16]));

Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
    $"{{ \"first\": {first:0.0000}, \"single\": {single:0.000000}, \"batch\": {batch:0.0000}, \"memory\": {afterFirst}, \"memorySingle\": {afterSingles}, \"memoryBatch\": {PeakMemory()} }}"));

static double Median(int count, Action run)
{
    double[] seconds = new double[count];
    for (int i = 0; i <= count; i++)
    {
        long start = Stopwatch.GetTimestamp();
        run();
        // The first does not count.
        if (i > 0) seconds[i - 1] = Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
    return seconds.Order().ElementAt(count / 2);
}

// In MB. The property of .NET is the current value on Linux.
static long PeakMemory()
{
    if (!OperatingSystem.IsLinux()) return Process.GetCurrentProcess().PeakWorkingSet64 >> 20;
    string line = File.ReadLines("/proc/self/status").First(static text => text.StartsWith("VmHWM:", StringComparison.Ordinal));
    return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) >> 10;
}
