using System.Globalization;

namespace FineTune.Training.Ranks;

/// <summary>What a launcher tells the processes that it starts, in their environment: Open MPI, MPICH and programs derived from it, and Slurm.</summary>
/// <param name="Size">The number of processes.</param>
/// <param name="Rank">The number of this one, from 0.</param>
/// <param name="Family">Whose variables these are.</param>
internal sealed record Launcher(int Size, int Rank, MpiFamily Family)
{
    /// <summary>This process, if nobody has started several.</summary>
    public static Launcher None { get; } = new(1, 0, MpiFamily.Any);

    /// <summary>Reads the environment.</summary>
    /// <param name="variable">Returns the value of a variable, or null.</param>
    public static Launcher Read(Func<string, string?> variable)
    {
        // srun with PMIx sets both kinds of variables. PMIx is what Open MPI speaks.
        MpiFamily ofSlurm = variable("PMIX_RANK") is null ? MpiFamily.Any : MpiFamily.OpenMpi;
        return Of("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", MpiFamily.OpenMpi)
            ?? Of("PMI_SIZE", "PMI_RANK", MpiFamily.Mpich)
            ?? Of("SLURM_STEP_NUM_TASKS", "SLURM_PROCID", ofSlurm)
            ?? None;

        Launcher? Of(string sizeName, string rankName, MpiFamily family) =>
            Number(sizeName) is { } size && Number(rankName) is { } rank && rank >= 0 && size > rank ? new Launcher(size, rank, family) : null;

        int? Number(string name) => int.TryParse(variable(name), CultureInfo.InvariantCulture, out int number) ? number : null;
    }
}

/// <summary>A family of MPI libraries with the same binary interface.</summary>
internal enum MpiFamily
{
    /// <summary>Not known.</summary>
    Any,

    /// <summary>Open MPI, whose handles are addresses.</summary>
    OpenMpi,

    /// <summary>MPICH, Intel MPI, MVAPICH and Microsoft MPI, whose handles are numbers.</summary>
    Mpich,
}
