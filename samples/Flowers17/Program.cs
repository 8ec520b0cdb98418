using Flowers17;

if (args.Length == 0)
{
    Console.WriteLine("Which flower is it? Give me image files: dotnet run -- photo.jpg …");
    return 1;
}

using FlowerClassifier flowers = FlowerClassifier.Load();
foreach (string path in args)
{
    Prediction<FlowerLabel> prediction = flowers.Predict(path);
    string ranking = string.Join(", ", prediction.Top(3).Select(static s => $"{s.Label} {100 * s.Score:0.0}%"));
    Console.WriteLine($"{path}: {ranking}");
}
return 0;
