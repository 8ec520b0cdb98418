using System.CommandLine;
using System.Text.Json;
using FineTune.Native;
using FineTune.Parity;

var model = new Argument<string>("model") { Description = "A backbone of the catalogue that torchvision has, too: resnet50." };
var seed = new Option<long>("--seed") { Description = "The base seed.", DefaultValueFactory = static _ => 17 };
var native = new Option<string[]>("--native") { Description = "A folder with native libraries, libtorch's among them." };

var root = new RootCommand("Prints activations, logits and losses of a network on weights that a formula fills, as JSON.") { model, seed, native };
root.SetAction(parse =>
{
    foreach (string folder in parse.GetValue(native) ?? []) NativeLibraries.AddDirectory(folder);
    NativeLibraries.Load();
    using var buffer = new MemoryStream();
    using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
    {
        Vgg16Parity.OfTrainer(Vgg16Parity.ReferencePlan()).Write(parse.GetValue(seed), json);
    }
    buffer.Position = 0;
    using Stream output = Console.OpenStandardOutput();
    buffer.CopyTo(output);
    output.WriteByte((byte)'\n');
    return 0;
});
return root.Parse(args).Invoke();
