using FineTune.Training;
using FineTune.Training.Data;
using FineTune.Training.Processes;
using FineTune.Training.Stages;

namespace Training.Tests.Processes;

public class TurnTests
{
    [Fact]
    public async Task A_turn_is_had_by_one_at_a_time()
    {
        using var folder = new TemporaryFolder();
        int inside = 0, most = 0, waited = 0;

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            using var turn = Turn.Take(folder["turn.lock"], () => Interlocked.Increment(ref waited));
            most = Math.Max(most, Interlocked.Increment(ref inside));
            Thread.Sleep(20);
            Interlocked.Decrement(ref inside);
        })));

        Assert.Equal(1, most);
        Assert.InRange(waited, 1, 3);
    }

    [Fact]
    public void Waiting_for_a_turn_can_be_cancelled()
    {
        using var folder = new TemporaryFolder();
        using var turn = Turn.Take(folder["turn.lock"], static () => { });
        using var cancellation = new CancellationTokenSource();

        Assert.Throws<OperationCanceledException>(() => Turn.Take(folder["turn.lock"], cancellation.Cancel, cancellation.Token));
    }

    [Fact]
    public void Trainings_that_fit_into_memory_run_side_by_side_and_one_that_does_not_runs_alone()
    {
        using var folder = new TemporaryFolder();
        using var cancellation = new CancellationTokenSource();
        MemoryTurn one = MemoryTurn.Take(folder["memory.lock"], 1, Unexpected), two = MemoryTurn.Take(folder["memory.lock"], 1, Unexpected);

        Assert.Throws<OperationCanceledException>(() => MemoryTurn.Take(folder["memory.lock"], long.MaxValue, cancellation.Cancel, cancellation.Token));
        one.Dispose();
        two.Dispose();

        using MemoryTurn alone = MemoryTurn.Take(folder["memory.lock"], long.MaxValue, Unexpected);
        using var again = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => MemoryTurn.Take(folder["memory.lock"], 1, again.Cancel, again.Token));

        static void Unexpected() => Assert.Fail("nobody has to wait");
    }

    [Fact]
    public void The_memory_of_a_training_grows_with_its_images_and_its_batches()
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read();
        long small = MemoryNeed.Of(spec.Network, Images(1_000), 4L << 30);

        Assert.True(MemoryNeed.Of(spec.Network, Images(1_000_000), 4L << 30) > small + 999_000L * 16 * 16 * 3);
        Assert.True(MemoryNeed.Of(project.Read(("freeze = \"backbone\"\nepochs = 3\nbatch_size = 4", "freeze = \"none\"\nepochs = 3\nbatch_size = 4096")).Network, Images(1_000), 4L << 30) > small);

        static DatasetSplit Images(int count) => new("", [.. Enumerable.Range(0, count).Select(static i => new LabeledImage("", "", 0))], [], []);
    }
}
