using System.Text.Json;
using FineTune.Parity;

namespace Training.Tests.Modules;

/// <summary>VGG16 with FCHeadNet against PyTorch and torchvision, on weights that a formula fills.</summary>
public class Vgg16ParityTests
{
    static Vgg16ParityTests() => FineTune.Native.NativeLibraries.Load();

    [Fact]
    public void The_trainers_module_computes_what_PyTorch_computes() =>
        Compare(Vgg16Parity.OfTrainer(Vgg16Parity.ReferencePlan()));

    [Fact]
    public void The_generated_class_computes_what_PyTorch_computes()
    {
        using var generated = Vgg16Classifier.CreateUntrained();
        Compare(Vgg16Parity.OfGenerated(Vgg16Parity.ReferencePlan(), generated));
    }

    private static void Compare(Vgg16Parity parity)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer)) parity.Write(17, json);
        using JsonDocument actual = JsonDocument.Parse(buffer.ToArray());
        IReadOnlyList<ComparedNumber> numbers = Comparison.Compare(Reference.Read("vgg16_parity.json"), actual.RootElement);

        List<ComparedNumber> failures = [.. numbers.Where(static number => !number.IsClose)];
        Assert.Empty(failures);
        Assert.Equal(5, numbers.Count(static number => number.Name.EndsWith(".std", StringComparison.Ordinal)));
        Assert.Equal(10, numbers.Count(static number => number.Name.Contains("losses[", StringComparison.Ordinal)));
    }
}
