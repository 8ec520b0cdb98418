using FineTune.Native;
using FineTune.Training;
using FineTune.Training.Stages;
using static TorchSharp.torch;

namespace Training.Tests.Stages;

public class StepThreadsTests
{
    [Theory]
    [InlineData("mobilenet.modelspec", 86, 32, 1)]
    [InlineData("mobilenet.modelspec", 0, 32, 2)]
    [InlineData("vgg16.modelspec", 19, 32, 2)]
    [InlineData("vgg16.modelspec", 19, 4, 1)]
    public void Only_steps_with_little_to_multiply_take_one_thread(string spec, int first, int batchSize, int expected)
    {
        NativeLibraries.Load();
        SpecSource source = Reference.Spec(spec);
        int before = get_num_threads();
        try
        {
            set_num_threads(2);
            using (new StepThreads(source.Network, first, batchSize)) Assert.Equal(expected, get_num_threads());
            Assert.Equal(2, get_num_threads());
        }
        finally
        {
            set_num_threads(before);
        }
    }
}
