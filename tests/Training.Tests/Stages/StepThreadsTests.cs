using FineTune.Native;
using FineTune.Training.Processes;
using FineTune.Training.Stages;
using static TorchSharp.torch;

namespace Training.Tests.Stages;

public class StepThreadsTests
{
    [Theory]
    [InlineData("mobilenet.modelspec", 86, 32, 1)]
    [InlineData("mobilenet.modelspec", 0, 32, 2)]
    [InlineData("vgg16.modelspec", 19, 32, 2)]
    [InlineData("vgg16.modelspec", 19, 1, 1)]
    public void Only_steps_with_little_to_multiply_take_one_thread(string spec, int first, int batchSize, int expected)
    {
        NativeLibraries.Load();
        using var two = new TorchThreads(2);

        Assert.Equal(expected, StepThreads.Of(Reference.Spec(spec).Network, first, batchSize));
    }

    [Fact]
    public void Another_number_of_threads_holds_until_it_is_disposed()
    {
        NativeLibraries.Load();
        int before = get_num_threads();

        using (new TorchThreads(before + 1)) Assert.Equal(before + 1, get_num_threads());

        Assert.Equal(before, get_num_threads());
    }
}
