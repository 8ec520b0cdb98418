using System.Runtime.InteropServices;
using FineTune.Training.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Ranks;

/// <summary>Collectives of tensors and values.</summary>
internal static class StateBroadcast
{
    /// <summary>The bytes of rows that are sent at once: a span holds less than 2 GB.</summary>
    private const long LargestPart = 1 << 28;

    /// <summary>Gives every rank the tensors of rank 0.</summary>
    /// <param name="ranks">The ranks.</param>
    /// <param name="state">Tensors of the same keys, types and shapes on every rank.</param>
    public static void Broadcast(this ICollectives ranks, IEnumerable<Tensor> state)
    {
        if (ranks.Size == 1) return;
        using IDisposable noGradient = no_grad();
        foreach (Tensor tensor in state)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor rows = TensorBytes.Rows(tensor);
            ranks.Broadcast(rows.bytes);
            if (ranks.Rank > 0) tensor.copy_(rows);
        }
    }

    /// <summary>Gives every rank some rows of a tensor in host memory, whose rows are in order.</summary>
    /// <param name="ranks">The ranks.</param>
    /// <param name="tensor">A tensor of the same type and shape on every rank.</param>
    /// <param name="first">The first row.</param>
    /// <param name="count">The number of rows.</param>
    /// <param name="root">The rank that has them.</param>
    public static void BroadcastRows(this ICollectives ranks, Tensor tensor, long first, long count, int root)
    {
        if (ranks.Size == 1 || count == 0) return;
        long rowSize = Math.Max(1, tensor.numel() / tensor.shape[0] * tensor.ElementSize);
        long part = Math.Max(1, LargestPart / rowSize);
        for (long start = first; start < first + count; start += part)
        {
            using Tensor rows = tensor.narrow(0, start, Math.Min(part, first + count - start));
            ranks.Broadcast(rows.bytes, root);
        }
    }

    /// <summary>A value of rank 0, on every rank.</summary>
    public static T Broadcast<T>(this ICollectives ranks, T value)
        where T : unmanaged
    {
        ranks.Broadcast(MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref value, 1)));
        return value;
    }

    /// <summary>The bytes of rank 0, on every rank.</summary>
    /// <param name="ranks">The ranks.</param>
    /// <param name="bytes">The bytes on rank 0; ignored on others.</param>
    public static byte[] BroadcastBytes(this ICollectives ranks, byte[] bytes)
    {
        if (ranks.Size == 1) return bytes;
        byte[] received = ranks.Rank == 0 ? bytes : new byte[ranks.Broadcast(0L)];
        if (ranks.Rank == 0) _ = ranks.Broadcast((long)bytes.Length);
        ranks.Broadcast(received.AsSpan());
        return received;
    }
}
