using FINETUNE_NAME;

// The build has trained this class and embedded its weights: dotnet run -p:TrainModel=true
using FINETUNE_NAMEClassifier classifier = FINETUNE_NAMEClassifier.Load();

// Classifies the files of the command line (dotnet run -- photo.jpg), or one image of each class.
foreach (string file in args.Length > 0 ? args : Samples("FINETUNE_PHOTOS"))
{
    try
    {
        var answers = classifier.Predict(file).Top(3);
        Console.WriteLine($"{file}: {string.Join(", ", answers.Select(static answer => $"{answer.Label} {100 * answer.Score:0.0}%"))}");
    }
    catch (Exception e) when (e is IOException or InvalidDataException)
    {
        Console.Error.WriteLine(e.Message);
    }
}

static IEnumerable<string> Samples(string folder) => Directory.Exists(folder)
    ? Directory.EnumerateDirectories(folder).Order().SelectMany(static c => Directory.EnumerateFiles(c).Order().Where(IsImage).Take(1))
    : [];

static bool IsImage(string file) => Path.GetExtension(file).ToLowerInvariant() is ".jpg" or ".jpeg" or ".png" or ".webp" or ".bmp" or ".gif";
