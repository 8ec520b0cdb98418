using FineTune;
using SkiaSharp;

namespace Runtime.Tests;

public class DisposalTests
{
    [Fact]
    public void Predictions_that_run_while_the_classifier_is_disposed_of_end_as_usual_or_say_so()
    {
        byte[] red = Pictures.Plain(SKColors.Red);
        for (int round = 0; round < 20; round++)
        {
            var classifier = new TinyClassifier();
            using var begun = new CountdownEvent(4);
            Task<int>[] callers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
            {
                begun.Signal();
                for (int answers = 0; ; answers++)
                {
                    try
                    {
                        Assert.Equal(TinyLabel.Red, classifier.Predict(red).Label);
                    }
                    catch (ObjectDisposedException)
                    {
                        return answers;
                    }
                }
            }))];
            begun.Wait();
            classifier.Dispose();
            classifier.Dispose();

            Assert.All(callers, static caller => Assert.True(caller.GetAwaiter().GetResult() >= 0));
        }
    }

    [Fact]
    public void What_is_used_is_freed_after_its_last_use_and_once()
    {
        int freed = 0;
        var uses = new Uses(() => freed++);
        uses.Begin(this);
        uses.Dispose();
        uses.Dispose();

        Assert.Equal(0, freed);
        Assert.Throws<ObjectDisposedException>(() => uses.Begin(this));
        uses.End();
        Assert.Equal(1, freed);
        Assert.Throws<ObjectDisposedException>(() => uses.Begin(this));
    }
}
