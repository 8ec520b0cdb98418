using System.CommandLine;
using System.Globalization;

namespace FineTune.Benchmarks;

/// <summary>
/// The cost of augmentation: MobileNet 0.75's warm-up on Flowers-17 without it, with views, and with a new version of each image in
/// every epoch.
/// </summary>
internal sealed class Views : Command
{
    private const int Images = 1360;

    public Views()
        : base("views", "A warm-up with and without augmentation, by views and epochs.") => SetAction(static _ => Measure());

    private static void Measure()
    {
        Console.WriteLine("| augmentation | epochs | from images to the last epoch |\n| --- | ---: | ---: |");
        foreach ((int? views, int epochs) in ((int?, int)[])[(null, 10), (null, 40), (1, 10), (1, 40), (4, 10), (4, 40), (0, 10)])
        {
            using var folder = new FlowerFolder(Images, 17);
            string weights = Path.Combine(FlowerFolder.Assets, "weights/mobilenet_7_5_224_tf_no_top.h5");
            string augmentation = views is null ? "" : $"""
                [data.augment]
                rotation = 20
                zoom = 0.15
                horizontal_flip = true
                {(views > 0 ? $"views = {views}" : "")}

                """;
            TrainerRun run = TrainerRun.Train(folder.Spec($"architecture = \"mobilenet_v1\"\nwidth = 0.75\nweights = \"{weights}\"", "global_average_pool", $"""
                {augmentation}
                [[stage]]
                name = "warm-up"
                freeze = "backbone"
                epochs = {epochs}
                optimizer = "adam"
                learning_rate = 0.001
                """));
            string name = views switch { null => "none", 0 => "new in every epoch", _ => $"views = {views}" };
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"| {name} | {epochs} | {run.At($"warm-up epoch {epochs}/{epochs}") - run.At("warm-up trains"):0.0} s |"));
        }
    }
}
