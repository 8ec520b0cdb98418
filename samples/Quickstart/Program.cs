using Blossoms;
using Quickstart;

// The build has trained this class and embedded its weights.
using BlossomClassifier classifier = BlossomClassifier.Load();

// New blossoms: seeds that the training pictures, 0 to 239, were not drawn from.
const int FirstNewSeed = 10_000;
const int PerKind = 100;
int right = 0;
foreach (BlossomKind kind in Enum.GetValues<BlossomKind>())
{
    for (int i = 0; i < PerKind; i++)
    {
        Prediction<BlossomLabel> prediction = classifier.Predict(BlossomPainter.Draw(kind, FirstNewSeed + i));
        if (i == 0) Console.WriteLine($"A new {kind}: {string.Join(", ", prediction.Top(3).Select(static s => $"{s.Label} {100 * s.Score:0.0}%"))}");
        if (prediction.Label.ToString() == kind.ToString()) right++;
    }
}

int all = PerKind * Enum.GetValues<BlossomKind>().Length;
Console.WriteLine($"{right} of {all} new blossoms were classified correctly: {100.0 * right / all:0.0}%.");
return right >= 0.9 * all ? 0 : 1;
