using System.Security.Cryptography;
using FineTune.Native;
using FineTune.Training.Checkpoints;
using FineTune.Training.Diagnostics;
using ModelSpec.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Training.Tests.Checkpoints;

public class LargeCheckpointTests
{
    [Fact]
    public void A_checkpoint_of_more_than_two_gibibytes_is_read_and_kept()
    {
        NativeLibraries.Load();
        using var folder = new TemporaryFolder();
        string path = folder["epoch-0000007.checkpoint"];
        using var parameter = new TorchSharp.Modules.Parameter(zeros(3));
        using (optim.Optimizer sgd = optim.SGD([parameter], 0.1, momentum: 0.9))
        {
            CheckpointFile.Write(path, 7, new Dictionary<string, Tensor> { ["w"] = parameter }, (TorchSharp.Modules.OptimizerHelper)sgd, best: null);
        }
        // As if the optimizer had more to remember: a hole in the file, which takes no room on the disk.
        Grow(path, (2L << 30) + 1000);
        var log = new RecordingLog();

        Checkpoint? last = new CheckpointFolder(folder.Path, new SpecLocation("f.modelspec", SourceSpan.FileStart), log).Last();

        Assert.Empty(log.Diagnostics);
        Assert.Equal(7, last?.Epoch);
        Assert.Equal(12, last?.State["w"].Length);
        Assert.True(File.Exists(path));
    }

    private static void Grow(string path, long length)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.SetLength(file.Length - SHA256.HashSizeInBytes);
        file.SetLength(length);
        byte[] digest = SHA256.HashData(file);
        file.Write(digest);
    }
}
