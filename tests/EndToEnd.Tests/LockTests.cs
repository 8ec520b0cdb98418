using System.Security.Cryptography;

namespace EndToEnd.Tests;

/// <summary>The behaviour of builds with locks and weights, in the order in which a team encounters it.</summary>
public sealed class LockTests
{
    private readonly PackageConsumer _consumer;

    public LockTests(PackageConsumer consumer)
    {
        _consumer = consumer;
        consumer.Reset();
    }

    [Fact]
    public void Weights_come_back_from_the_cache_in_an_ordinary_build_and_without_one_it_says_how_to_get_them()
    {
        _consumer.Build("-p:TrainModel=true").Succeeded();
        string digest = Digest(_consumer.Weights);

        File.Delete(_consumer.Weights);
        CommandResult restored = _consumer.Build().Succeeded();
        Assert.Contains("sky.safetensors was restored from the cache", restored.Output, StringComparison.Ordinal);
        Assert.Equal(digest, Digest(_consumer.Weights));
        Assert.Equal(["sky.safetensors"], _consumer.Resources());

        File.Delete(_consumer.Weights);
        Directory.Delete(_consumer.Cache, recursive: true);
        CommandResult without = _consumer.Build().Succeeded();
        Assert.Matches($"sky\\.modelspec.*: warning MSPEC3001: .*Copy the file sha256:{digest} from where it was trained", without.Output);
        Assert.Empty(_consumer.Resources());
    }

    [Fact]
    public void Weights_that_are_not_those_of_the_lock_are_not_embedded_until_they_are_put_right()
    {
        _consumer.Build("-p:TrainModel=true").Succeeded();
        byte[] right = File.ReadAllBytes(_consumer.Weights);
        byte[] wrong = [.. right];
        wrong[^1] ^= 1;
        File.WriteAllBytes(_consumer.Weights, wrong);

        CommandResult build = _consumer.Build().Succeeded();
        Assert.Matches(@"sky\.modelspec.*: warning MSPEC3013: 'sky\.safetensors' is not the file that the lock records", build.Output);
        Assert.Empty(_consumer.Resources());

        Assert.Contains("restored sky.safetensors from the cache", _consumer.Build("-p:TrainModel=true").Succeeded().Output, StringComparison.Ordinal);
        Assert.Equal(right, File.ReadAllBytes(_consumer.Weights));
        Assert.Equal(["sky.safetensors"], _consumer.Resources());
    }

    [Fact]
    public void Weights_that_an_older_file_replaced_are_looked_at_again()
    {
        _consumer.Build("-p:TrainModel=true").Succeeded();
        byte[] right = File.ReadAllBytes(_consumer.Weights);
        DateTime written = File.GetLastWriteTimeUtc(_consumer.Weights);
        byte[] wrong = [.. right];
        wrong[^1] ^= 1;
        File.WriteAllBytes(_consumer.Weights, wrong);
        File.SetLastWriteTimeUtc(_consumer.Weights, written.AddDays(-1));

        Assert.Contains("warning MSPEC3013", _consumer.Build().Succeeded().Output, StringComparison.Ordinal);
        Assert.Empty(_consumer.Resources());

        // An older file can be the right one, too.
        File.WriteAllBytes(_consumer.Weights, right);
        File.SetLastWriteTimeUtc(_consumer.Weights, written.AddDays(-2));
        Assert.DoesNotContain("MSPEC3013", _consumer.Build().Succeeded().Output, StringComparison.Ordinal);
        Assert.Equal(["sky.safetensors"], _consumer.Resources());
    }

    [Fact]
    public void The_lock_is_beside_the_spec_whatever_an_item_says()
    {
        _consumer.Build("-p:TrainModel=true").Succeeded();
        _consumer.Write("App/Directory.Build.targets", """
            <Project>
              <ItemGroup>
                <ModelSpec Update="@(ModelSpec)" LockFile="elsewhere.lock" />
              </ItemGroup>
            </Project>
            """);
        try
        {
            Assert.DoesNotContain("MSPEC3013", _consumer.Build("-p:TrainModel=true").Succeeded().Output, StringComparison.Ordinal);
            Assert.Equal(["sky.safetensors"], _consumer.Resources());
        }
        finally
        {
            File.Delete(Path.Combine(_consumer.App, "Directory.Build.targets"));
        }
    }

    [Fact]
    public void Another_C_plus_plus_library_of_the_system_is_looked_at_again()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux has this library");
        _consumer.Build().Succeeded();
        string before = Assert.Single(Stamps());
        string library = Path.Combine(_consumer.Root, "lib");
        // As in another container: the result for the first library must not be used for this one.
        _consumer.Write("lib/libstdc++.so.6", "\0" + string.Concat(Enumerable.Range(0, 40).Select(static n => $"GLIBCXX_3.4.{n}\0")) + "GLIBCXX_3.4\0CXXABI_1.3\0");

        string other = DotNet.Run(
            _consumer.App, "msbuild", "-t:_FineTuneFindStandardLibrary", "-getProperty:_FineTuneLibStdCxxHash", $"-p:LD_LIBRARY_PATH={library}").Succeeded().StandardOutput.Trim();

        Assert.DoesNotContain(other, before, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(Digest(Path.Combine(library, "libstdc++.so.6")), other, ignoreCase: true);

        string[] Stamps() => Directory.GetFiles(Path.Combine(_consumer.App, "obj/Debug/net10.0/finetune"), "adapted.*.stamp");
    }

    [Fact]
    public void Weights_without_a_lock_are_embedded_with_a_warning()
    {
        _consumer.Build("-p:TrainModel=true").Succeeded();
        File.Delete(_consumer.Lock);

        Assert.Contains("warning MSPEC3013: There is no lock beside", _consumer.Build().Succeeded().Output, StringComparison.Ordinal);
        Assert.Equal(["sky.safetensors"], _consumer.Resources());
    }

    [Fact]
    public void A_changed_spec_is_noticed_by_the_compiler_by_locked_mode_and_by_training()
    {
        _consumer.Build("-p:TrainModel=true").Succeeded();
        _consumer.Build("-p:ModelSpecLocked=true").Succeeded();
        _consumer.Write("App/sky.modelspec", PackageConsumer.Spec.Replace("learning_rate = 0.02", "learning_rate = 0.03", StringComparison.Ordinal));

        Assert.Matches(
            @"sky\.modelspec\(16,3\): warning MSPEC3009: .*\[\[stage\]\] 1 learning_rate changed 0\.02 → 0\.03\.", _consumer.Build().Succeeded().Output);
        Assert.Matches(
            @"sky\.modelspec\(2,8\): error MSPEC3008: .*\[\[stage\]\] 1 learning_rate changed 0\.02 → 0\.03\.", _consumer.Build("-p:ModelSpecLocked=true").Failed().Output);

        CommandResult trained = _consumer.Build("-p:TrainModel=true").Succeeded();
        Assert.Contains("SkyClassifier: trains, as [[stage]] 1 learning_rate changed 0.02 → 0.03", trained.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("MSPEC3009", trained.Output, StringComparison.Ordinal);
        _consumer.Build("-p:ModelSpecLocked=true").Succeeded();
    }

    [Fact]
    public void Weights_of_other_classes_are_not_embedded_without_a_word()
    {
        _consumer.Build("-p:TrainModel=true").Succeeded();
        _consumer.Write("App/sky.modelspec", PackageConsumer.Spec.Replace("[\"red\", \"blue\"]", "[\"blue\", \"red\"]", StringComparison.Ordinal));

        Assert.Matches(@"sky\.modelspec\(3,11\): error MSPEC3028: .*\[model\] classes changed", _consumer.Build().Failed().Output);
        Assert.Matches(@"sky\.modelspec\(3,11\): warning MSPEC3009: ", _consumer.Build("-p:ModelSpecAllowMismatchedWeights=true").Succeeded().Output);
        // If the app is run anyway, the class itself reports the error.
        string picture = Path.Combine(_consumer.App, "pictures/red/0.png");
        Assert.Contains("classes ([\"red\",\"blue\"] in the file, [\"blue\",\"red\"] in the class)",
            DotNet.Run(_consumer.App, "exec", _consumer.Assembly, picture).Failed().Output, StringComparison.Ordinal);

        // Without embedded weights, the order cannot be wrong.
        string weights = _consumer.Weights + ".away";
        File.Move(_consumer.Weights, weights);
        Directory.Move(_consumer.Cache, _consumer.Cache + ".away");
        Assert.DoesNotContain("MSPEC3028", _consumer.Build().Succeeded().Output, StringComparison.Ordinal);
        File.Move(weights, _consumer.Weights);
        Directory.Move(_consumer.Cache + ".away", _consumer.Cache);

        _consumer.Write("App/sky.modelspec", PackageConsumer.Spec);
        _consumer.Build().Succeeded();
        Assert.Contains("red", DotNet.Run(_consumer.App, "exec", _consumer.Assembly, picture).Succeeded().Output, StringComparison.OrdinalIgnoreCase);
        CommandResult again = DotNet.Run(_consumer.App, "build", "--no-restore", "--tl:off", "-v:n").Succeeded();
        Assert.Contains("Skipping target \"CoreCompile\" because all output files are up-to-date", again.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Clean_keeps_trained_weights_CleanModel_removes_them_and_training_again_gives_the_same_bytes()
    {
        _consumer.Build("-p:TrainModel=true").Succeeded();
        byte[] weights = File.ReadAllBytes(_consumer.Weights), assembly = File.ReadAllBytes(_consumer.Assembly);
        string lockText = File.ReadAllText(_consumer.Lock);

        DotNet.Run(_consumer.App, "clean").Succeeded();
        Assert.Equal(weights, File.ReadAllBytes(_consumer.Weights));
        Assert.False(Directory.Exists(Path.Combine(_consumer.App, "obj/Debug/net10.0/finetune")));

        _consumer.Build("-t:CleanModel").Succeeded();
        Assert.False(File.Exists(_consumer.Weights));
        Assert.True(File.Exists(_consumer.Lock));
        Assert.Contains("warning MSPEC3001", _consumer.Build().Succeeded().Output, StringComparison.Ordinal);

        Assert.Contains("learn epoch 30/30", _consumer.Build("-p:TrainModel=true").Succeeded().Output, StringComparison.Ordinal);
        Assert.Equal(weights, File.ReadAllBytes(_consumer.Weights));
        Assert.Equal(lockText, File.ReadAllText(_consumer.Lock));
        Assert.Equal(assembly, File.ReadAllBytes(_consumer.Assembly));
    }

    [Fact]
    public void A_build_with_nothing_to_do_compiles_nothing_and_starts_nothing()
    {
        _consumer.Build("-p:TrainModel=true").Succeeded();

        CommandResult build = _consumer.Build("-v:d").Succeeded();

        Assert.Contains("Skipping target \"_FineTuneCheckWeights\" because all output files are up-to-date", build.Output, StringComparison.Ordinal);
        Assert.Contains("Skipping target \"CoreCompile\" because all output files are up-to-date", build.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Task \"RunTrainer\"", build.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Task \"AdaptNativeLibraries\"", build.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_reads_everything_afresh()
    {
        _consumer.Build("-p:TrainModel=true").Succeeded();
        string spec = Path.Combine(_consumer.App, "sky.modelspec");

        Assert.Contains("the weights are as sky.modelspec.lock records them", Trainer.Run("verify", spec, "--backbone", Backbone, "--cache", _consumer.Cache).Succeeded().Output, StringComparison.Ordinal);

        string picture = Path.Combine(_consumer.App, "pictures/red/7.png");
        byte[] bytes = File.ReadAllBytes(picture);
        try
        {
            File.WriteAllBytes(picture, [.. bytes, 0]);
            CommandResult verified = Trainer.Run("verify", spec, "--backbone", Backbone, "--cache", _consumer.Cache).Failed();
            Assert.Matches(@"sky\.modelspec\(2,8\): error MSPEC3016: .*\[data\] digest changed", verified.Output);
        }
        finally
        {
            File.WriteAllBytes(picture, bytes);
        }
    }

    private string Backbone => Path.Combine(_consumer.App, "tiny.backbone");

    private static string Digest(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
}
