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
        Turn first = Turn.Take(folder["turn.lock"], static () => Assert.Fail("nobody has it"));
        using var waits = new ManualResetEventSlim();
        bool given = false;
        Task second = Task.Run(() =>
        {
            using var turn = Turn.Take(folder["turn.lock"], waits.Set);
            Assert.True(given);
        }, TestContext.Current.CancellationToken);

        // It says that it waits only when it could not have the turn.
        waits.Wait(TestContext.Current.CancellationToken);
        given = true;
        first.Dispose();

        await second;
    }

    [Fact]
    public void The_turn_at_a_file_is_the_same_however_its_path_is_written()
    {
        using var folder = new TemporaryFolder();

        Assert.Equal(Turn.KeyOf(folder["a.bin"], ignoresCase: false), Turn.KeyOf(folder["x/../a.bin"], ignoresCase: false));
        Assert.Equal(Turn.KeyOf(folder["a.bin"], ignoresCase: true), Turn.KeyOf(folder["A.BIN"], ignoresCase: true));
        Assert.NotEqual(Turn.KeyOf(folder["a.bin"], ignoresCase: false), Turn.KeyOf(folder["A.BIN"], ignoresCase: false));
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

        Assert.Throws<OperationCanceledException>(() => MemoryTurn.Take(folder["memory.lock"], long.MaxValue, cancellation.Cancel, cancellation: cancellation.Token));
        one.Dispose();
        two.Dispose();

        using MemoryTurn alone = MemoryTurn.Take(folder["memory.lock"], long.MaxValue, Unexpected);
        using var again = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => MemoryTurn.Take(folder["memory.lock"], 1, again.Cancel, cancellation: again.Token));
    }

    [Fact]
    public void Trainings_that_start_together_do_not_count_on_the_same_memory()
    {
        using var folder = new TemporaryFolder();
        using var cancellation = new CancellationTokenSource();
        // Nobody has allocated anything yet, so all of it looks free to everybody.
        using MemoryTurn one = MemoryTurn.Take(folder["memory.lock"], 60, Unexpected, static () => 100);
        using MemoryTurn two = MemoryTurn.Take(folder["memory.lock"], 40, Unexpected, static () => 100);

        Assert.Throws<OperationCanceledException>(
            () => MemoryTurn.Take(folder["memory.lock"], 10, cancellation.Cancel, static () => 100, cancellation.Token));
    }

    [Fact]
    public async Task A_training_that_needs_much_is_not_passed_by_those_that_come_after_it()
    {
        using var folder = new TemporaryFolder();
        MemoryTurn running = MemoryTurn.Take(folder["memory.lock"], 60, Unexpected, static () => 100);
        using var waits = new ManualResetEventSlim();
        Task<MemoryTurn> big = Task.Run(
            () => MemoryTurn.Take(folder["memory.lock"], 90, waits.Set, static () => 100), TestContext.Current.CancellationToken);
        waits.Wait(TestContext.Current.CancellationToken);

        // It would fit into memory together with the first one, but then the large one would wait forever.
        using var cancellation = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(
            () => MemoryTurn.Take(folder["memory.lock"], 10, cancellation.Cancel, static () => 100, cancellation.Token));
        Assert.False(big.IsCompleted);
        running.Dispose();

        (await big).Dispose();
    }

    [Fact]
    public void What_a_killed_training_has_reserved_is_free_again()
    {
        using var folder = new TemporaryFolder();
        // Its line is there, and its own file is not locked any more.
        folder.Write("memory.lock", "dead 60 100\nunfinished 7");
        folder.Write("memory.lock.dead", "");

        using MemoryTurn turn = MemoryTurn.Take(folder["memory.lock"], 90, Unexpected, static () => 100);

        Assert.False(File.Exists(folder["memory.lock.dead"]));
    }

    [Fact]
    public void The_memory_of_a_training_grows_with_its_images_and_its_batches()
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read();
        long small = MemoryNeed.Of(spec.Plan, Images(1_000), 4L << 30);

        Assert.True(MemoryNeed.Of(spec.Plan, Images(1_000_000), 4L << 30) > small + 999_000L * 16 * 16 * 3);
        Assert.True(MemoryNeed.Of(project.Read(("freeze = \"backbone\"\nepochs = 3\nbatch_size = 4", "freeze = \"none\"\nepochs = 3\nbatch_size = 4096")).Plan, Images(1_000), 4L << 30) > small);

        static DatasetSplit Images(int count) => new("", [.. Enumerable.Range(0, count).Select(static i => new LabeledImage("", "", 0))], [], []);
    }

    private static void Unexpected() => Assert.Fail("nobody has to wait");
}
