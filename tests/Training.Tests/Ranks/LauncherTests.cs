using FineTune.Training.Ranks;

namespace Training.Tests.Ranks;

public class LauncherTests
{
    [Fact]
    public void Without_a_launcher_there_is_one_rank() => Assert.Equal(Launcher.None, Read([]));

    [Fact]
    public void Open_MPI_says_how_many_there_are() =>
        Assert.Equal(new Launcher(4, 3, MpiFamily.OpenMpi), Read(new() { ["OMPI_COMM_WORLD_SIZE"] = "4", ["OMPI_COMM_WORLD_RANK"] = "3" }));

    [Fact]
    public void MPICH_says_how_many_there_are() => Assert.Equal(new Launcher(2, 0, MpiFamily.Mpich), Read(new() { ["PMI_SIZE"] = "2", ["PMI_RANK"] = "0" }));

    [Theory]
    [InlineData(null, MpiFamily.Any)]
    [InlineData("1", MpiFamily.OpenMpi)]
    public void Slurm_says_how_many_there_are(string? pmix, object family)
    {
        Dictionary<string, string> variables = new() { ["SLURM_STEP_NUM_TASKS"] = "8", ["SLURM_PROCID"] = "1" };
        if (pmix is not null) variables["PMIX_RANK"] = pmix;
        Assert.Equal(new Launcher(8, 1, (MpiFamily)family), Read(variables));
    }

    [Theory]
    [InlineData("two", "0")]
    [InlineData("2", "2")]
    [InlineData("2", "-1")]
    public void What_makes_no_sense_is_not_a_launcher(string size, string rank) =>
        Assert.Equal(Launcher.None, Read(new() { ["PMI_SIZE"] = size, ["PMI_RANK"] = rank }));

    [Theory]
    [InlineData(4, 16, 16, 4)]
    [InlineData(3, 2, 2, 1)]
    [InlineData(2, 8, 16, 8)]
    public void The_cores_of_a_host_are_divided_unless_the_launcher_has_divided_them(int ranks, int usable, int cores, int threads) =>
        Assert.Equal(threads, RankShare.Threads(ranks, usable, cores));

    private static Launcher Read(Dictionary<string, string> variables) => Launcher.Read(name => variables.GetValueOrDefault(name));
}
