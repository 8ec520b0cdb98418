using System.Text.Json;
using FineTune.Parity;
using ModelSpec.Networks;

namespace Training.Tests.Modules;

/// <summary>
/// One network of each family of the catalogue against torchvision, on weights that a formula fills. The others of a family differ in numbers
/// only; <c>tests/Parity</c> runs them on request.
/// </summary>
public class GraphParityTests
{
    static GraphParityTests() => FineTune.Native.NativeLibraries.Load();

    public static TheoryData<string> Models =>
        ["resnet18", "vgg11", "mobilenet_v2", "efficientnet_b0", "densenet121", "inception_v3", "convnext_tiny", "vit_b_16"];

    [Theory]
    [MemberData(nameof(Models))]
    public void The_trainers_module_computes_what_torchvision_computes(string model) =>
        Compare(model, ParityNetwork.OfTrainer(GraphParity.ReferenceNetwork(model)));

    [Theory]
    [MemberData(nameof(Models))]
    public void The_generated_class_computes_what_torchvision_computes(string model)
    {
        Network network = GraphParity.ReferenceNetwork(model);
        Compare(model, new ParityNetwork(network, GeneratedClasses.CreateUntrained(network, GraphParity.Spec(model))));
    }

    private static void Compare(string model, ParityNetwork network)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer)) new GraphParity(network).Write(17, json);
        network.Module.Dispose();
        using JsonDocument actual = JsonDocument.Parse(buffer.ToArray());
        JsonElement expected = Reference.Read($"graph/{model}.json");

        IReadOnlyList<ComparedNumber> numbers = Comparison.Compare(expected, actual.RootElement);

        Assert.DoesNotContain(numbers, static number => !number.IsClose);
        Assert.Equal(
            expected.GetProperty("children").EnumerateObject().Count() + 1,
            numbers.Count(static number => number.Name.EndsWith(".std", StringComparison.Ordinal)));
        Assert.Equal(10, numbers.Count(static number => number.Name.Contains("losses[", StringComparison.Ordinal)));
    }
}
