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
        JsonElement expected = Reference.Read("vgg16_parity.json");
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer)) parity.Write(17, json);
        using JsonDocument document = JsonDocument.Parse(buffer.ToArray());
        JsonElement actual = document.RootElement;

        Assert.Equal(Names(expected), Names(actual));
        Assert.Equal(Names(expected.GetProperty("pools")), Names(actual.GetProperty("pools")));
        foreach (JsonProperty pool in expected.GetProperty("pools").EnumerateObject())
        {
            JsonElement own = actual.GetProperty("pools").GetProperty(pool.Name);
            Assert.Equal(Numbers(pool.Value.GetProperty("shape")), Numbers(own.GetProperty("shape")));
            Reference.Close(pool.Value.GetProperty("mean").GetDouble(), own.GetProperty("mean").GetDouble(), 1e-5);
            Reference.Close(pool.Value.GetProperty("std").GetDouble(), own.GetProperty("std").GetDouble(), 1e-5);
        }
        for (int image = 0; image < 2; image++)
        {
            double[] wanted = Numbers(expected.GetProperty("logits")[image]);
            double[] logits = Numbers(actual.GetProperty("logits")[image]);
            // Relative to the largest: small logits are differences of large sums, where float32 itself is off by 3e-4 of them.
            double scale = wanted.Max(Math.Abs);
            for (int i = 0; i < wanted.Length; i++) Assert.Equal(wanted[i], logits[i], 1e-4 * scale);
        }
        foreach (string losses in (string[])["head_only_losses", "head_and_block5_losses"])
        {
            double[] wanted = Numbers(expected.GetProperty(losses));
            double[] own = Numbers(actual.GetProperty(losses));
            Assert.Equal(wanted.Length, own.Length);
            for (int i = 0; i < wanted.Length; i++) Reference.Close(wanted[i], own[i], 1e-3);
        }
    }

    private static string[] Names(JsonElement element) => [.. element.EnumerateObject().Select(static p => p.Name)];

    private static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(static x => x.GetDouble())];
}
