using System.Runtime.InteropServices;
using System.Text;

namespace FineTune.Training.Ranks.Mpi;

/// <summary>
/// An MPI library that is loaded when the training starts: its functions and handles by the C interface. Programs need no MPI to be built or to run
/// on one rank.
/// </summary>
/// <remarks>
/// Open MPI's handles are the addresses of exported variables (<c>mpi.h</c>: <c>OMPI_PREDEFINED_GLOBAL</c>). In MPICH and everything with
/// its binary interface (the ABI compatibility initiative of 2013), handles are 32-bit numbers. A register that holds an address can hold either.
/// </remarks>
internal sealed unsafe class MpiLibrary
{
    private const int LongestText = 8192;

    private readonly nint _library;

    private MpiLibrary(nint library, string name)
    {
        _library = library;
        Name = name;
        Family = NativeLibrary.TryGetExport(library, "ompi_mpi_comm_world", out _) ? MpiFamily.OpenMpi : MpiFamily.Mpich;
        bool isOpen = Family == MpiFamily.OpenMpi;
        World = isOpen ? Export("ompi_mpi_comm_world") : 0x44000000;
        Byte = isOpen ? Export("ompi_mpi_byte") : 0x4c00010d;
        Float = isOpen ? Export("ompi_mpi_float") : 0x4c00040a;
        ReturnErrors = isOpen ? Export("ompi_mpi_errors_return") : 0x54000001;
        AnySource = isOpen ? -1 : -2;
        InitThread = (delegate* unmanaged[Cdecl]<int*, byte***, int, int*, int>)Export("MPI_Init_thread");
        Finalize = (delegate* unmanaged[Cdecl]<int>)Export("MPI_Finalize");
        Abort = (delegate* unmanaged[Cdecl]<nint, int, int>)Export("MPI_Abort");
        CommRank = (delegate* unmanaged[Cdecl]<nint, int*, int>)Export("MPI_Comm_rank");
        CommSize = (delegate* unmanaged[Cdecl]<nint, int*, int>)Export("MPI_Comm_size");
        SetErrorHandler = (delegate* unmanaged[Cdecl]<nint, nint, int>)Export("MPI_Comm_set_errhandler");
        Ibroadcast = (delegate* unmanaged[Cdecl]<void*, int, nint, int, nint, nint*, int>)Export("MPI_Ibcast");
        Ialltoallv = (delegate* unmanaged[Cdecl]<void*, int*, int*, nint, void*, int*, int*, nint, nint, nint*, int>)Export("MPI_Ialltoallv");
        Iallgatherv = (delegate* unmanaged[Cdecl]<void*, int, nint, void*, int*, int*, nint, nint, nint*, int>)Export("MPI_Iallgatherv");
        Ibarrier = (delegate* unmanaged[Cdecl]<nint, nint*, int>)Export("MPI_Ibarrier");
        Isend = (delegate* unmanaged[Cdecl]<void*, int, nint, int, int, nint, nint*, int>)Export("MPI_Isend");
        Receive = (delegate* unmanaged[Cdecl]<void*, int, nint, int, int, nint, void*, int>)Export("MPI_Recv");
        Iprobe = (delegate* unmanaged[Cdecl]<int, int, nint, int*, void*, int>)Export("MPI_Iprobe");
        Test = (delegate* unmanaged[Cdecl]<nint*, int*, void*, int>)Export("MPI_Test");
    }

    /// <summary>The name under which it was found.</summary>
    public string Name { get; }

    /// <summary>Its binary interface.</summary>
    public MpiFamily Family { get; }

    /// <summary>All ranks.</summary>
    public nint World { get; }

    /// <summary>The type of bytes.</summary>
    public nint Byte { get; }

    /// <summary>The type of 32-bit floating-point numbers.</summary>
    public nint Float { get; }

    /// <summary>The error handler that lets functions return errors instead of ending the process.</summary>
    public nint ReturnErrors { get; }

    /// <summary>The source of a message that may come from any rank.</summary>
    public int AnySource { get; }

    public delegate* unmanaged[Cdecl]<int*, byte***, int, int*, int> InitThread { get; }

    public delegate* unmanaged[Cdecl]<int> Finalize { get; }

    public delegate* unmanaged[Cdecl]<nint, int, int> Abort { get; }

    public delegate* unmanaged[Cdecl]<nint, int*, int> CommRank { get; }

    public delegate* unmanaged[Cdecl]<nint, int*, int> CommSize { get; }

    public delegate* unmanaged[Cdecl]<nint, nint, int> SetErrorHandler { get; }

    public delegate* unmanaged[Cdecl]<void*, int, nint, int, nint, nint*, int> Ibroadcast { get; }

    public delegate* unmanaged[Cdecl]<void*, int*, int*, nint, void*, int*, int*, nint, nint, nint*, int> Ialltoallv { get; }

    public delegate* unmanaged[Cdecl]<void*, int, nint, void*, int*, int*, nint, nint, nint*, int> Iallgatherv { get; }

    public delegate* unmanaged[Cdecl]<nint, nint*, int> Ibarrier { get; }

    public delegate* unmanaged[Cdecl]<void*, int, nint, int, int, nint, nint*, int> Isend { get; }

    public delegate* unmanaged[Cdecl]<void*, int, nint, int, int, nint, void*, int> Receive { get; }

    public delegate* unmanaged[Cdecl]<int, int, nint, int*, void*, int> Iprobe { get; }

    public delegate* unmanaged[Cdecl]<nint*, int*, void*, int> Test { get; }

    /// <summary>The file names of MPI libraries, in the order in which they are tried.</summary>
    /// <param name="family">The family of the launcher.</param>
    public static IReadOnlyList<string> NamesOf(MpiFamily family)
    {
        if (OperatingSystem.IsWindows()) return ["msmpi.dll", "impi.dll"];
        string[] openMpi = OperatingSystem.IsMacOS() ? ["libmpi.40.dylib", "libmpi.dylib"] : ["libmpi.so.40", "libmpi.so"];
        string[] mpich = OperatingSystem.IsMacOS() ? ["libmpi.12.dylib", "libmpich.dylib"] : ["libmpi.so.12", "libmpich.so.12", "libmpich.so"];
        return family switch
        {
            MpiFamily.OpenMpi => openMpi,
            MpiFamily.Mpich => mpich,
            _ => [.. openMpi, .. mpich],
        };
    }

    /// <summary>Loads the library of a launcher.</summary>
    /// <param name="family">The family of the launcher.</param>
    /// <param name="path">A library to load instead, or null.</param>
    /// <exception cref="RanksException">There is none.</exception>
    public static MpiLibrary Load(MpiFamily family, string? path)
    {
        IReadOnlyList<string> names = path is null ? NamesOf(family) : [path];
        foreach (string name in names)
        {
            if (!NativeLibrary.TryLoad(name, out nint library)) continue;
            try
            {
                return new MpiLibrary(library, name);
            }
            catch (EntryPointNotFoundException e)
            {
                throw new RanksException($"'{name}' is not an MPI library of version 3 or later: {e.Message.TrimEnd('.')}.");
            }
        }
        string package = family == MpiFamily.Mpich ? "mpich" : "openmpi-bin";
        throw new RanksException(
            $"No MPI library was found ({string.Join(", ", names)}). Install the one that the launcher belongs to (on Debian and Ubuntu, the package {package}), or name it in MODELSPEC_MPI.");
    }

    /// <summary>The library's name and version, in one line.</summary>
    public string Version()
    {
        var getVersion = (delegate* unmanaged[Cdecl]<byte*, int*, int>)Export("MPI_Get_library_version");
        byte[] text = new byte[LongestText];
        int length = 0;
        fixed (byte* start = text) _ = getVersion(start, &length);
        // "Open MPI v4.1.4, package: …", "MPICH Version:\t4.0.2\nMPICH Release date: …"
        string first = Encoding.UTF8.GetString(text, 0, length).Trim('\0').Split('\n')[0].Split(',')[0];
        return string.Join(' ', first.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries).Where(static word => word != "Version:"));
    }

    /// <summary>What an error code of a function means.</summary>
    public string Describe(int error)
    {
        var getText = (delegate* unmanaged[Cdecl]<int, byte*, int*, int>)Export("MPI_Error_string");
        byte[] text = new byte[LongestText];
        int length = 0;
        fixed (byte* start = text) _ = getText(error, start, &length);
        return Encoding.UTF8.GetString(text, 0, length).Trim('\0', ' ', '\n').ReplaceLineEndings(" ");
    }

    private nint Export(string name) => NativeLibrary.GetExport(_library, name);
}
