using System.CommandLine;
using System.Text.Json;
using FineTune.Native;
using FineTune.Training.Assets;
using FineTune.Training.Diagnostics;
using FineTune.Training.Locks;
using FineTune.Training.Parity;
using ModelSpec.Text;

namespace FineTune.Training.Commands;

/// <summary><c>finetune parity --seed N</c>: VGG16's numbers on weights that a formula fills, to be compared with PyTorch's.</summary>
internal sealed class ParityCommand : Command
{
    private readonly Option<long> _seed = new("--seed") { Description = "The base seed.", DefaultValueFactory = static _ => 17 };
    private readonly Option<string[]> _native = new("--native") { Description = "A folder with native libraries, libtorch's among them." };

    public ParityCommand()
        : base("parity", "Prints VGG16's activations, logits and losses on weights that a formula fills, as JSON.")
    {
        Add(_seed);
        Add(_native);
        SetAction(Invoke);
    }

    private int Invoke(ParseResult parse) => ErrorBoundary.Run(
        new ConsoleLog(Console.Error), static () => new SpecLocation("finetune parity", SourceSpan.FileStart),
        new StageCache(AssetFolders.DefaultCache).LogFolder, () => Print(parse));

    private int Print(ParseResult parse)
    {
        foreach (string folder in parse.GetValue(_native) ?? []) NativeLibraries.AddDirectory(folder);
        NativeLibraries.Load();
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            Vgg16Parity.OfTrainer(Vgg16Parity.ReferencePlan()).Write(parse.GetValue(_seed), json);
        }
        buffer.Position = 0;
        using Stream output = Console.OpenStandardOutput();
        buffer.CopyTo(output);
        output.WriteByte((byte)'\n');
        return 0;
    }
}
