using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace FineTune.Training.Ranks.Mpi;

/// <summary>
/// Collectives over MPI. MPI only moves numbers: sums are computed here, in a fixed order, because an MPI library may choose another order for another
/// number of bytes or another placement of ranks.
/// </summary>
/// <remarks>
/// A sum moves as much as the best reductions do: each rank receives its share of the numbers from all others, sums it, and sends the sums to all
/// others. Every operation is a non-blocking one whose end is waited for. A rank that waits for longer than the timeout asks all others whether they are
/// still there; ranks that wait, or call <see cref="Attend"/>, answer.
/// </remarks>
internal sealed unsafe partial class MpiCollectives : ICollectives
{
    private const int Funneled = 1;
    private const int Ask = 17, Answer = 18;
    private const int LargestMessage = 1 << 28;

    /// <summary>Larger than <c>MPI_Status</c> in any library.</summary>
    private const int StatusSize = 64;

    private static readonly TimeSpan BetweenAnswers = TimeSpan.FromMilliseconds(100);

    private readonly MpiLibrary _mpi;
    private readonly TimeSpan _timeout;
    private readonly CancellationToken _cancellation;
    private readonly Stopwatch _sinceAttended = Stopwatch.StartNew();

    // What messages consist of. It lives as long as the process: the library may still read it.
    private readonly int* _ownRank = (int*)NativeMemory.Alloc(sizeof(int));
    private IReadOnlyList<string> _places = [];
    private float[] _received = [], _share = [];
    private bool _isOver;

    private MpiCollectives(MpiLibrary mpi, TimeSpan timeout, CancellationToken cancellation)
    {
        _mpi = mpi;
        _timeout = timeout;
        _cancellation = cancellation;
    }

    public int Rank { get; private set; }

    public int Size { get; private set; }

    /// <inheritdoc />
    public IReadOnlyList<string> Places => _places;

    /// <inheritdoc />
    public int RanksOfHost { get; private set; } = 1;

    /// <summary>The library's name and version.</summary>
    public string Version => _mpi.Version();

    /// <summary>Joins the ranks that a launcher has started.</summary>
    /// <param name="launcher">What the launcher says of this process.</param>
    /// <param name="timeout">The time after which a rank that does not answer counts as lost.</param>
    /// <param name="library">A library to load instead of the launcher's, or null.</param>
    /// <param name="cancellation">Cancels waiting.</param>
    /// <exception cref="RanksException">There is no library, it is another than the launcher's, or a rank does not come.</exception>
    public static MpiCollectives Join(Launcher launcher, TimeSpan timeout, string? library, CancellationToken cancellation)
    {
        var mpi = MpiLibrary.Load(launcher.Family, library);
        if (mpi.Family == MpiFamily.OpenMpi && !OperatingSystem.IsWindows())
        {
            // UCX and PSM install signal handlers that disturb .NET's. These are the defaults only where the user has chosen nothing.
            SetDefault("OMPI_MCA_pml", "ob1");
            SetDefault("OMPI_MCA_btl", "self,vader,tcp");
        }
        int provided = 0;
        int error = mpi.InitThread(null, null, Funneled, &provided);
        if (error != 0) throw new RanksException($"{mpi.Name} could not be initialised: {mpi.Describe(error)}");
        var joined = new MpiCollectives(mpi, timeout, cancellation);
        try
        {
            int rank = 0, size = 0;
            joined.Check(mpi.SetErrorHandler(mpi.World, mpi.ReturnErrors));
            joined.Check(mpi.CommRank(mpi.World, &rank));
            joined.Check(mpi.CommSize(mpi.World, &size));
            (joined.Rank, joined.Size) = (rank, size);
            if (size != launcher.Size)
            {
                throw new RanksException(string.Create(CultureInfo.InvariantCulture,
                    $"The launcher has started {launcher.Size} ranks, but {mpi.Version()} ({mpi.Name}) sees {size}. Name the library of the launcher's own MPI in MODELSPEC_MPI."));
            }
            string place = string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}, process {Environment.ProcessId}");
            joined._places = [.. joined.Gather(Encoding.UTF8.GetBytes(place)).Select(Encoding.UTF8.GetString)];
            string host = Environment.MachineName + ",";
            joined.RanksOfHost = joined._places.Count(other => other.StartsWith(host, StringComparison.Ordinal));
            return joined;
        }
        catch
        {
            joined.Abort(1);
            throw;
        }
    }

    /// <inheritdoc />
    public void Sum(Span<float> values)
    {
        if (Size == 1 || values.Length == 0) return;
        (int[] counts, int[] starts) = Shares(values.Length);
        int own = counts[Rank];
        if (_received.Length < own * Size) _received = new float[own * Size];
        if (_share.Length < own) _share = new float[own];
        int[] ownCounts = [.. Enumerable.Repeat(own, Size)], ownStarts = [.. Enumerable.Range(0, Size).Select(rank => rank * own)];

        nint request = 0;
        fixed (float* all = values)
        fixed (float* received = _received)
        fixed (int* countsAt = counts, startsAt = starts, ownCountsAt = ownCounts, ownStartsAt = ownStarts)
        {
            Check(_mpi.Ialltoallv(all, countsAt, startsAt, _mpi.Float, received, ownCountsAt, ownStartsAt, _mpi.Float, _mpi.World, &request));
            Wait(&request);
        }
        if (own > 0)
        {
            var tree = new SumTree();
            for (int rank = 0; rank < Size; rank++) tree.Add(_received.AsSpan(rank * own, own));
            tree.Finish(_share.AsSpan(0, own));
        }
        fixed (float* all = values)
        fixed (float* share = _share)
        fixed (int* countsAt = counts, startsAt = starts)
        {
            Check(_mpi.Iallgatherv(share, own, _mpi.Float, all, countsAt, startsAt, _mpi.Float, _mpi.World, &request));
            Wait(&request);
        }
    }

    /// <inheritdoc />
    public void Broadcast(Span<byte> values, int root = 0)
    {
        if (Size == 1) return;
        for (int start = 0; start < values.Length; start += LargestMessage)
        {
            Span<byte> part = values.Slice(start, Math.Min(LargestMessage, values.Length - start));
            nint request = 0;
            fixed (byte* at = part)
            {
                Check(_mpi.Ibroadcast(at, part.Length, _mpi.Byte, root, _mpi.World, &request));
                Wait(&request);
            }
        }
    }

    /// <inheritdoc />
    public IReadOnlyList<byte[]> Gather(ReadOnlySpan<byte> values)
    {
        int[] lengths = new int[Size];
        int[] sizes = [.. Enumerable.Repeat(sizeof(int), Size)], places = [.. Enumerable.Range(0, Size).Select(static rank => rank * sizeof(int))];
        int length = values.Length;
        nint request = 0;
        fixed (int* lengthsAt = lengths, sizesAt = sizes, placesAt = places)
        {
            Check(_mpi.Iallgatherv(&length, sizeof(int), _mpi.Byte, lengthsAt, sizesAt, placesAt, _mpi.Byte, _mpi.World, &request));
            Wait(&request);
        }
        int[] starts = new int[Size];
        for (int rank = 1; rank < Size; rank++) starts[rank] = starts[rank - 1] + lengths[rank - 1];
        // One more than needed: the address of an empty array is null.
        byte[] all = new byte[lengths.Sum() + 1];
        fixed (byte* own = values)
        fixed (byte* allAt = all)
        fixed (int* lengthsAt = lengths, startsAt = starts)
        {
            Check(_mpi.Iallgatherv(own, length, _mpi.Byte, allAt, lengthsAt, startsAt, _mpi.Byte, _mpi.World, &request));
            Wait(&request);
        }
        return [.. Enumerable.Range(0, Size).Select(rank => all.AsSpan(starts[rank], lengths[rank]).ToArray())];
    }

    /// <inheritdoc />
    public void Barrier()
    {
        nint request = 0;
        Check(_mpi.Ibarrier(_mpi.World, &request));
        Wait(&request);
    }

    /// <inheritdoc />
    public void Attend()
    {
        if (_isOver || _sinceAttended.Elapsed < BetweenAnswers) return;
        _sinceAttended.Restart();
        while (Receives(Ask) is { } rank) Send(rank, Answer);
    }

    /// <inheritdoc />
    public void Abort(int exitCode)
    {
        if (_isOver) return;
        _isOver = true;
        _ = _mpi.Abort(_mpi.World, exitCode);
    }

    /// <summary>Leaves the ranks: no further calls are possible.</summary>
    public void Dispose()
    {
        if (_isOver) return;
        _isOver = true;
        _ = _mpi.Finalize();
    }

    /// <summary>The share of the numbers that each rank sums: as equal as possible.</summary>
    private (int[] Counts, int[] Starts) Shares(int length)
    {
        int[] counts = new int[Size], starts = new int[Size];
        for (int rank = 0; rank < Size; rank++)
        {
            starts[rank] = (int)((long)length * rank / Size);
            counts[rank] = (int)((long)length * (rank + 1) / Size) - starts[rank];
        }
        return (counts, starts);
    }

    private void Wait(nint* request)
    {
        var clock = Stopwatch.StartNew();
        while (!IsDone(request))
        {
            _cancellation.ThrowIfCancellationRequested();
            Attend();
            if (clock.Elapsed > _timeout)
            {
                CallRoll(request);
                clock.Restart();
            }
            Thread.Yield();
        }
    }

    /// <summary>Asks every other rank whether it is still there.</summary>
    /// <param name="request">The operation that is waited for; it may end in the meantime.</param>
    /// <exception cref="RanksException">A rank has not answered within the timeout.</exception>
    private void CallRoll(nint* request)
    {
        HashSet<int> silent = [.. Enumerable.Range(0, Size).Where(rank => rank != Rank)];
        foreach (int rank in silent) Send(rank, Ask);
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < _timeout)
        {
            _cancellation.ThrowIfCancellationRequested();
            Attend();
            while (Receives(Answer) is { } rank) silent.Remove(rank);
            if (silent.Count == 0 || IsDone(request)) return;
            Thread.Yield();
        }
        string lost = string.Join(", ", silent.Order().Select(Name));
        throw new RanksException(string.Create(CultureInfo.InvariantCulture,
            $"No answer from {lost} for {2 * _timeout.TotalSeconds:0} seconds. The process has stopped, or the network between the hosts is broken."));
    }

    private string Name(int rank) => string.Create(CultureInfo.InvariantCulture, $"rank {rank}{(rank < _places.Count ? $" on {_places[rank]}" : "")}");

    private bool IsDone(nint* request)
    {
        // A finished request is a null handle, which tests as done.
        int done = 0;
        byte* status = stackalloc byte[StatusSize];
        Check(_mpi.Test(request, &done, status));
        return done != 0;
    }

    private int? Receives(int tag)
    {
        int isThere = 0;
        byte* status = stackalloc byte[StatusSize];
        Check(_mpi.Iprobe(_mpi.AnySource, tag, _mpi.World, &isThere, status));
        if (isThere == 0) return null;
        // Each message carries its sender, so that the layout of MPI_Status does not matter.
        int sender = 0;
        Check(_mpi.Receive(&sender, sizeof(int), _mpi.Byte, _mpi.AnySource, tag, _mpi.World, status));
        return sender;
    }

    /// <summary>Sends this rank's number. The request is never waited for: so few bytes are buffered.</summary>
    private void Send(int rank, int tag)
    {
        *_ownRank = Rank;
        nint request = 0;
        Check(_mpi.Isend(_ownRank, sizeof(int), _mpi.Byte, rank, tag, _mpi.World, &request));
    }

    private void Check(int error)
    {
        if (error != 0) throw new RanksException($"{_mpi.Version()} reports an error: {_mpi.Describe(error)}");
    }

    private static void SetDefault(string name, string value) => _ = SetEnvironment(name, value, 0);

    // The library reads the environment of the process, which .NET's own functions do not change.
    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
