using FineTune.Training.Evaluators;
using FineTune.Training.Quality;
using FineTune.Training.Statistics;

namespace Training.Tests.Quality;

public class AnswerComparisonTests
{
    private static readonly TestAnswers Before = new(["a", "b", "c", "d"], [0, 1, 0, 1], [2, 1, 2, 1, 2, 1, 2, 1]);

    [Fact]
    public void Images_are_compared_by_their_names()
    {
        // d is gained; a and c are lost.
        var now = new TestAnswers(["d", "c", "b", "a"], [1, 0, 1, 0], [1, 2, 1, 2, 2, 1, 1, 2]);

        Assert.Equal(new McNemarTest(1, 2), AnswerComparison.Of(Before, now));
        Assert.Equal(new McNemarTest(0, 0), AnswerComparison.Of(Before, Before));
    }

    [Fact]
    public void Other_images_or_classes_are_not_compared()
    {
        Assert.Null(AnswerComparison.Of(Before, Before with { Images = ["a", "b", "c", "e"] }));
        Assert.Null(AnswerComparison.Of(Before, Before with { Labels = [0, 1, 0, 0] }));
        Assert.Null(AnswerComparison.Of(Before, new TestAnswers(["a"], [0], [2, 1])));
    }
}
