using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using FineTune.Native;
using FineTune.Parity;
using FineTune.Training;
using FineTune.Training.Diagnostics;
using ModelSpec.Networks;
using ModelSpec.Plans;
using ModelSpec.Text;
using TorchSharp;
using static TorchSharp.torch;

var model = new Argument<string>("model") { Description = "A backbone of the catalogue that torchvision has, too." };
model.AcceptOnlyFromAmong([.. GraphParity.Models]);
var seed = new Option<long>("--seed") { Description = "The base seed.", DefaultValueFactory = static _ => 17 };
var generated = new Option<bool>("--generated") { Description = "Runs the generated class, not the trainer's module." };
var expected = new Option<FileInfo?>("--expected")
{
    Description = "PyTorch's figures: prints the largest difference of each kind of number; the exit code is 1 if one is too large.",
};
var native = new Option<string[]>("--native") { Description = "A folder with native libraries, libtorch's among them." };
var device = new Option<string>("--device") { Description = "cpu, cuda or cuda:N.", DefaultValueFactory = static _ => "cpu" };
var tolerance = new Option<double>("--tolerance") { Description = "An error that passes everywhere, such as 1e-4 for another device; by default, each kind of number has its own." };

var root = new RootCommand("Prints activations, logits and losses of a network on weights that a formula fills, as JSON.")
{
    model, seed, generated, expected, native, device, tolerance,
};
root.SetAction(parse =>
{
    foreach (string folder in parse.GetValue(native) ?? []) NativeDirectories.Add(LibTorchFolder.Resolve(folder));
    Device chosen = Devices.Choose(parse.GetValue(device)!, new SpecLocation("parity", SourceSpan.FileStart)).Device;
    using var buffer = new MemoryStream();
    using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
    {
        WriteFigures(parse.GetValue(model)!, parse.GetValue(seed), parse.GetValue(generated), chosen, json);
    }
    if (parse.GetValue(expected) is { } reference) return Compare(reference, buffer.ToArray(), parse.GetValue(tolerance));

    buffer.Position = 0;
    using Stream output = Console.OpenStandardOutput();
    buffer.CopyTo(output);
    output.WriteByte((byte)'\n');
    return 0;
});
return root.Parse(args).Invoke();

// VGG16's reference numbers are older than the others', and of another head.
static void WriteFigures(string model, long seed, bool generated, Device device, Utf8JsonWriter json)
{
    if (model == "vgg16")
    {
        TrainingPlan plan = Vgg16Parity.ReferencePlan();
        Vgg16Parity parity = generated
            ? Vgg16Parity.OfGenerated(plan, GeneratedClasses.CreateUntrained(plan.Network, Vgg16Parity.Spec()))
            : Vgg16Parity.OfTrainer(plan);
        parity.Module.to(device);
        parity.Write(seed, json);
    }
    else
    {
        Network network = GraphParity.ReferenceNetwork(model);
        ParityNetwork parity = generated
            ? new ParityNetwork(network, GeneratedClasses.CreateUntrained(network, GraphParity.Spec(model)))
            : ParityNetwork.OfTrainer(network);
        parity.Module.to(device);
        new GraphParity(parity).Write(seed, json);
    }
}

static int Compare(FileInfo reference, byte[] actual, double tolerance)
{
    using JsonDocument wanted = JsonDocument.Parse(File.ReadAllBytes(reference.FullName)), own = JsonDocument.Parse(actual);
    IReadOnlyList<ComparedNumber> numbers = Comparison.Compare(wanted.RootElement, own.RootElement);
    foreach (IGrouping<string, ComparedNumber> kind in numbers.GroupBy(static number => number.Kind).Where(static kind => kind.First().Tolerance > 0))
    {
        ComparedNumber worst = kind.MaxBy(static number => number.Error)!;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kind.Key,-24} {worst.Error:0.0e+00} of {Math.Max(worst.Tolerance, tolerance):0e+00}, {worst.Name}"));
    }
    List<ComparedNumber> failures = [.. numbers.Where(number => !number.IsClose && (number.Tolerance == 0 || !(number.Error <= tolerance)))];
    foreach (ComparedNumber number in failures) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"too far: {number.Name}, {number.Error:0.0e+00}"));
    return failures.Count == 0 ? 0 : 1;
}
