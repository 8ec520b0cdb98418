using System.Globalization;
using FineTune.Files;

namespace FineTune.Training.Processes;

/// <summary>
/// Lets several trainings run at the same time if there is enough memory. Each reserves the memory that it needs before it allocates any, so trainings
/// that start together do not all count on the same memory. They are admitted in the order of their requests: a large one waits
/// until enough memory is free, and later ones wait for it. A training that needs more than the machine has runs alone.
/// </summary>
/// <remarks>
/// The reservations are lines of one file; a process opens it exclusively to read and write it. A reservation is valid as long as its own
/// file is locked. The system releases that lock when the process ends, however it ends.
/// </remarks>
internal sealed class MemoryTurn : IDisposable
{
    private readonly string _path;
    private readonly FileStream _own;

    private MemoryTurn(string path, FileStream own)
    {
        _path = path;
        _own = own;
    }

    /// <summary>Waits until there is enough memory, or no other training is running.</summary>
    /// <param name="path">The file of the reservations that all trainings of a user share.</param>
    /// <param name="bytes">The memory that this training needs, in bytes.</param>
    /// <param name="waiting">Called once, when it has to wait.</param>
    /// <param name="free">The number of free bytes; by default, those of the system or within the limit of the container.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public static MemoryTurn Take(string path, long bytes, Action waiting, Func<long>? free = null, CancellationToken cancellation = default)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string ticket = Guid.NewGuid().ToString("N");
        string ownFile = FileOf(path, ticket);
        var turn = new MemoryTurn(ownFile, new FileStream(ownFile, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None));
        try
        {
            for (bool told = false; ; told = true)
            {
                if (IsLetIn(path, ticket, bytes, free ?? Free, cancellation)) return turn;
                if (!told) waiting();
                if (cancellation.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(500))) cancellation.ThrowIfCancellationRequested();
            }
        }
        catch
        {
            turn.Dispose();
            throw;
        }
    }

    /// <summary>Releases the reservation.</summary>
    public void Dispose()
    {
        // The next process that reads the file removes its line.
        _own.Dispose();
        BestEffort.Run(() => File.Delete(_path));
    }

    private static bool IsLetIn(string path, string ticket, long bytes, Func<long> free, CancellationToken cancellation)
    {
        using FileStream ledger = Open(path, cancellation);
        List<Reservation> all = [.. Read(ledger).Where(r => r.Ticket == ticket || IsAlive(path, r.Ticket))];
        int own = all.FindIndex(r => r.Ticket == ticket);
        if (own < 0)
        {
            own = all.Count;
            all.Add(new Reservation(ticket, bytes, Shared: 0));
        }

        long? shared = null;
        if (all.FindIndex(static r => r.Shared == 0) == own)
        {
            Reservation[] running = [.. all.Where(static r => r.Shared > 0)];
            long now = Math.Max(1, free());
            // All running trainings share the memory that was free before the first of them started. Memory that they have allocated since then is
            // not counted twice, and memory that they have not allocated yet is not given away.
            if (running.Length == 0) shared = now;
            else if (bytes <= now && bytes <= running.Aggregate(running[0].Shared, static (left, r) => left - Math.Min(left, r.Bytes))) shared = running[0].Shared;
        }
        if (shared is { } memory) all[own] = all[own] with { Shared = memory };
        Write(ledger, all);
        return shared is not null;
    }

    private static FileStream Open(string path, CancellationToken cancellation)
    {
        while (true)
        {
            if (Turn.TryOpen(path, FileAccess.ReadWrite, FileShare.None) is { } file) return file;
            if (cancellation.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(10))) cancellation.ThrowIfCancellationRequested();
        }
    }

    private static bool IsAlive(string path, string ticket)
    {
        string file = FileOf(path, ticket);
        if (!File.Exists(file)) return false;
        using (FileStream? left = Turn.TryOpen(file, FileAccess.ReadWrite, FileShare.None))
        {
            if (left is null) return true;
        }
        // Its process was killed. A process only locks the file of its own ticket, so the deleted file is not in use.
        BestEffort.Run(() => File.Delete(file));
        return false;
    }

    private static List<Reservation> Read(FileStream ledger)
    {
        List<Reservation> all = [];
        using var text = new StreamReader(ledger, leaveOpen: true);
        while (text.ReadLine() is { } line)
        {
            // Incomplete lines are ignored: their process was killed while it wrote them.
            string[] cells = line.Split(' ');
            if (cells.Length == 3
                && long.TryParse(cells[1], CultureInfo.InvariantCulture, out long bytes)
                && long.TryParse(cells[2], CultureInfo.InvariantCulture, out long shared))
            {
                all.Add(new Reservation(cells[0], bytes, shared));
            }
        }
        return all;
    }

    private static void Write(FileStream ledger, List<Reservation> all)
    {
        ledger.SetLength(0);
        using var text = new StreamWriter(ledger, leaveOpen: true);
        foreach (Reservation r in all) text.Write(string.Create(CultureInfo.InvariantCulture, $"{r.Ticket} {r.Bytes} {r.Shared}\n"));
    }

    private static string FileOf(string path, string ticket) => $"{path}.{ticket}";

    private static long Free()
    {
        // These numbers are those of the last garbage collection.
        GC.Collect();
        GCMemoryInfo memory = GC.GetGCMemoryInfo();
        return memory.TotalAvailableMemoryBytes - memory.MemoryLoadBytes;
    }

    /// <summary>A training in the order of requests.</summary>
    /// <param name="Ticket">Its name.</param>
    /// <param name="Bytes">The memory that it needs.</param>
    /// <param name="Shared">The memory that all running trainings share; 0 while it waits.</param>
    private sealed record Reservation(string Ticket, long Bytes, long Shared);
}
