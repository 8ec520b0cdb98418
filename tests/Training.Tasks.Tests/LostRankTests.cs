using FineTune.Build.Tasks;

namespace Training.Tasks.Tests;

public class LostRankTests
{
    [Fact]
    public void Open_MPI_names_the_rank_and_the_host() => Assert.Equal(
        "rank 1 on node7 exited on signal 9 (Killed).",
        LostRank.Describe(["-----", "mpirun noticed that process rank 1 with PID 0 on node node7 exited on signal 9 (Killed).", "-----"], 137));

    [Fact]
    public void MPICH_names_the_process_and_the_host() => Assert.Equal(
        "process 8450 on vm ended with code 9.",
        LostRank.Describe(["====", "=   BAD TERMINATION OF ONE OF YOUR APPLICATION PROCESSES", "=   PID 8450 RUNNING AT vm", "=   EXIT CODE: 9", "===="], 9));

    [Fact]
    public void Other_launchers_have_a_last_line() => Assert.Equal(
        "the launcher ended with code 1. Its last line: srun: error: node3: task 2: Killed",
        LostRank.Describe(["srun: error: node3: task 2: Killed", "----"], 1));
}
