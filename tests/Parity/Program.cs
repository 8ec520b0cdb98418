using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using FineTune.Native;
using FineTune.Parity;
using ModelSpec.Networks;
using ModelSpec.Plans;

var model = new Argument<string>("model") { Description = "A backbone of the catalogue that torchvision has, too." };
model.AcceptOnlyFromAmong([.. GraphParity.Models]);
var seed = new Option<long>("--seed") { Description = "The base seed.", DefaultValueFactory = static _ => 17 };
var generated = new Option<bool>("--generated") { Description = "Runs the generated class, not the trainer's module." };
var expected = new Option<FileInfo?>("--expected")
{
    Description = "PyTorch's figures: prints the largest difference of each kind of number; the exit code is 1 if one is too large.",
};
var native = new Option<string[]>("--native") { Description = "A folder with native libraries, libtorch's among them." };

var root = new RootCommand("Prints activations, logits and losses of a network on weights that a formula fills, as JSON.")
{
    model, seed, generated, expected, native,
};
root.SetAction(parse =>
{
    foreach (string folder in parse.GetValue(native) ?? []) NativeDirectories.Add(folder);
    NativeLibraries.Load();
    using var buffer = new MemoryStream();
    using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
    {
        WriteFigures(parse.GetValue(model)!, parse.GetValue(seed), parse.GetValue(generated), json);
    }
    if (parse.GetValue(expected) is { } reference) return Compare(reference, buffer.ToArray());

    buffer.Position = 0;
    using Stream output = Console.OpenStandardOutput();
    buffer.CopyTo(output);
    output.WriteByte((byte)'\n');
    return 0;
});
return root.Parse(args).Invoke();

// VGG16's reference numbers are older than the others', and of another head.
static void WriteFigures(string model, long seed, bool generated, Utf8JsonWriter json)
{
    if (model == "vgg16")
    {
        TrainingPlan plan = Vgg16Parity.ReferencePlan();
        Vgg16Parity parity = generated
            ? Vgg16Parity.OfGenerated(plan, GeneratedClasses.CreateUntrained(plan.Network, Vgg16Parity.Spec()))
            : Vgg16Parity.OfTrainer(plan);
        parity.Write(seed, json);
    }
    else
    {
        Network network = GraphParity.ReferenceNetwork(model);
        ParityNetwork parity = generated
            ? new ParityNetwork(network, GeneratedClasses.CreateUntrained(network, GraphParity.Spec(model)))
            : ParityNetwork.OfTrainer(network);
        new GraphParity(parity).Write(seed, json);
    }
}

static int Compare(FileInfo reference, byte[] actual)
{
    using JsonDocument wanted = JsonDocument.Parse(File.ReadAllBytes(reference.FullName)), own = JsonDocument.Parse(actual);
    IReadOnlyList<ComparedNumber> numbers = Comparison.Compare(wanted.RootElement, own.RootElement);
    foreach (IGrouping<string, ComparedNumber> kind in numbers.GroupBy(static number => number.Kind).Where(static kind => kind.First().Tolerance > 0))
    {
        ComparedNumber worst = kind.MaxBy(static number => number.Error)!;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kind.Key,-24} {worst.Error:0.0e+00} of {worst.Tolerance:0e+00}, {worst.Name}"));
    }
    List<ComparedNumber> failures = [.. numbers.Where(static number => !number.IsClose)];
    foreach (ComparedNumber number in failures) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"too far: {number.Name}, {number.Error:0.0e+00}"));
    return failures.Count == 0 ? 0 : 1;
}
