using FineTune;

namespace Runtime.Onnx.Tests;

public class DependencyTests
{
    [Fact]
    public void Neither_the_engine_nor_this_output_folder_has_anything_of_torch()
    {
        Assert.DoesNotContain(
            typeof(OnnxImageClassifier<>).Assembly.GetReferencedAssemblies(), static name => name.Name!.Contains("torch", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(
            Directory.EnumerateFiles(AppContext.BaseDirectory, "*", SearchOption.AllDirectories),
            static file => Path.GetFileName(file).Contains("torch", StringComparison.OrdinalIgnoreCase));
    }
}
