using System.Security.Cryptography;
using FineTune.Files;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune.Training.Checkpoints;

/// <summary>The binary form of a checkpoint: its fields in order, then the SHA-256 digest of all bytes before it.</summary>
internal static class CheckpointFile
{
    private const int Magic = 0x3150_4B43;

    /// <summary>Writes the state of a stage, atomically and without holding a copy of it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="epoch">The number of finished epochs.</param>
    /// <param name="state">The tensors that the stage changes.</param>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="best">The best epoch so far, with early stopping.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string path, int epoch, IReadOnlyDictionary<string, Tensor> state, OptimizerHelper optimizer, BestSoFar? best) => AtomicFile.Write(
        path,
        file =>
        {
            using var sha = SHA256.Create();
            using (var hashing = new CryptoStream(file, sha, CryptoStreamMode.Write, leaveOpen: true))
            using (var writer = new BinaryWriter(hashing))
            {
                writer.Write(Magic);
                writer.Write(epoch);
                writer.Write(state.Count);
                foreach ((string key, Tensor tensor) in state)
                {
                    using DisposeScope scope = NewDisposeScope();
                    Write(writer, key, TensorBytes.Rows(tensor).bytes);
                }
                writer.Write(best is not null);
                if (best is not null)
                {
                    writer.Write(best.Epoch);
                    writer.Write(best.Loss);
                    writer.Write(best.EpochsSince);
                    writer.Write(best.State.Count);
                    foreach ((string key, byte[] bytes) in best.State) Write(writer, key, bytes);
                }
                optimizer.save_state_dict(writer);
            }
            file.Write(sha.Hash);
        },
        // If the process crashes, the system still writes the data. If the machine crashes, the digest is wrong, and the previous checkpoint is used.
        durable: false);

    /// <summary>Reads a checkpoint of any size.</summary>
    /// <exception cref="InvalidDataException">Its digest is wrong.</exception>
    /// <exception cref="IOException">It cannot be read, which does not mean that it is damaged.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static Checkpoint Read(string path)
    {
        using FileStream file = File.OpenRead(path);
        if (!HasItsDigest(file)) throw new InvalidDataException("its digest is not that of its content");
        file.Position = 0;
        using var reader = new BinaryReader(file);
        if (reader.ReadInt32() != Magic) throw new InvalidDataException("it is not a checkpoint of this version");
        int epoch = reader.ReadInt32();
        Dictionary<string, byte[]> state = ReadState(reader);
        BestSoFar? best = reader.ReadBoolean() ? new BestSoFar(reader.ReadInt32(), reader.ReadDouble(), reader.ReadInt32(), ReadState(reader)) : null;
        return new Checkpoint(epoch, state, best, new SavedOptimizer(path, file.Position));
    }

    private static bool HasItsDigest(FileStream file)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[1 << 17];
        long left = file.Length - SHA256.HashSizeInBytes;
        if (left < 0) return false;
        while (left > 0)
        {
            int read = file.Read(buffer, 0, (int)Math.Min(buffer.Length, left));
            if (read == 0) return false;
            hash.AppendData(buffer, 0, read);
            left -= read;
        }
        Span<byte> stated = stackalloc byte[SHA256.HashSizeInBytes];
        file.ReadExactly(stated);
        return hash.GetHashAndReset().AsSpan().SequenceEqual(stated);
    }

    private static void Write(BinaryWriter writer, string key, ReadOnlySpan<byte> bytes)
    {
        writer.Write(key);
        writer.Write(bytes.Length);
        writer.Write(bytes);
    }

    private static Dictionary<string, byte[]> ReadState(BinaryReader reader)
    {
        int count = reader.ReadInt32();
        var state = new Dictionary<string, byte[]>(count, StringComparer.Ordinal);
        for (int i = 0; i < count; i++) state[reader.ReadString()] = reader.ReadBytes(reader.ReadInt32());
        return state;
    }
}
