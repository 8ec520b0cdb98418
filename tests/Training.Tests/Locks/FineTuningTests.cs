using FineTune.Training;
using FineTune.Training.Assets;
using FineTune.Training.Diagnostics;
using FineTune.Training.Locks;
using ModelSpec.Diagnostics;
using SkiaSharp;

namespace Training.Tests.Locks;

public class FineTuningTests
{
    [Fact]
    public void What_has_not_changed_is_not_trained_again()
    {
        using var project = new TinyProject();
        byte[] trained = project.Train(project.Read());
        string text = File.ReadAllText(project.Lock);
        DateTime written = File.GetLastWriteTimeUtc(project.Lock);
        var log = new RecordingLog();

        Assert.Equal(trained, project.BringUpToDate(project.Read(), log));

        string line = Assert.Single(log.Lines);
        Assert.StartsWith("TinyClassifier: up to date, tiny.safetensors has test accuracy ", line, StringComparison.Ordinal);
        Assert.Equal(text, File.ReadAllText(project.Lock));
        Assert.Equal(written, File.GetLastWriteTimeUtc(project.Lock));
    }

    [Theory]
    [InlineData("[backbone]", "# a comment\n\n[backbone]")]
    [InlineData("architecture = \"tiny\"\nweights = \"none\"", "weights = \"none\"\narchitecture = 'tiny'\ninput = [16, 16]")]
    [InlineData("freeze = \"backbone\"", "freeze = \"..conv2\"")]
    [InlineData("name = \"warm-up\"", "name = \"the head alone\"")]
    [InlineData("TinyClassifier", "SmallClassifier")]
    [InlineData("optimizer = \"adam\"", "optimizer = \"adam\"\nbetas = [0.9, 0.999]\nschedule = \"constant\"")]
    public void What_means_the_same_is_not_trained_again(string old, string replacement)
    {
        using var project = new TinyProject();
        project.Train(project.Read());
        var log = new RecordingLog();

        project.BringUpToDate(project.Read((old, replacement)), log);

        Assert.Contains("up to date", Assert.Single(log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_change_of_a_later_stage_says_so_and_goes_on_from_the_earlier_stages_result()
    {
        using var project = new TinyProject();
        project.Train(project.Read());
        (string, string) change = ("learning_rate = 0.01\nmomentum", "learning_rate = 0.005\nmomentum");
        var log = new RecordingLog();

        byte[] incremental = project.BringUpToDate(project.Read(change), log);

        Assert.Contains("TinyClassifier: trains, as [[stage]] 2 learning_rate changed 0.01 → 0.005", log.Lines);
        Assert.Contains("TinyClassifier: warm-up is in the cache", log.Lines);
        Assert.DoesNotContain(log.Lines, static l => l.Contains("warm-up epoch", StringComparison.Ordinal));
        Assert.Contains(log.Lines, static l => l.Contains("fine-tune epoch 3/3", StringComparison.Ordinal));
        Assert.Equal(project.Train(project.Read(change)), incremental);
    }

    // The change of the spec, and its name in the reason.
    [Theory]
    [InlineData("seed = 7", "seed = 8", "[model] seed changed 7 → 8")]
    [InlineData("\"dropout(0.25)\", ", "", "[head] layers changed ")]
    [InlineData("momentum = 0.9", "momentum = 0.9\nclip_norm = 1.5", "[[stage]] 2 clip_norm is new: 1.5")]
    [InlineData("train = 0.75, test = 0.25", "train = 0.5, test = 0.5", "[data.split] train changed 0.75 → 0.5")]
    [InlineData("[backbone]", "[data.augment]\nrotation = 20\n\n[backbone]", "[data.augment] rotation is new: 20")]
    public void A_change_of_the_spec_is_named(string old, string replacement, string reason)
    {
        using var project = new TinyProject();
        project.Train(project.Read());
        var log = new RecordingLog();

        project.BringUpToDate(project.Read((old, replacement)), log);

        Assert.Contains(log.Lines, l => l.StartsWith($"TinyClassifier: trains, as {reason}", StringComparison.Ordinal));
        Assert.Contains(log.Lines, static l => l.Contains("fine-tune epoch 3/3", StringComparison.Ordinal));
    }

    [Fact]
    public void A_changed_and_an_added_image_are_noticed_and_a_touched_one_is_not()
    {
        using var project = new TinyProject();
        project.Train(project.Read());

        File.SetLastWriteTimeUtc(project["pictures/Red-Sky/03.png"], DateTime.UtcNow.AddHours(-3));
        Assert.Contains("up to date", Assert.Single(Update()), StringComparison.Ordinal);

        project.AddPicture("Red-Sky/03.png", new SKColor(150, 1, 2));
        Assert.Contains(Update(), static l => l.StartsWith("TinyClassifier: trains, as [data] digest changed ", StringComparison.Ordinal));

        project.AddPicture("Red-Sky/more/99.png", new SKColor(150, 1, 2));
        Assert.Contains(Update(), static l => l == "TinyClassifier: trains, as [data] images changed 32 → 33");

        List<string> Update()
        {
            var log = new RecordingLog();
            project.BringUpToDate(project.Read(), log);
            return log.Lines;
        }
    }

    [Fact]
    public void Weights_that_are_missing_come_from_the_cache()
    {
        using var project = new TinyProject();
        byte[] trained = project.Train(project.Read());
        File.Delete(project.Output);
        var log = new RecordingLog();

        Assert.Equal(trained, project.BringUpToDate(project.Read(), log, locked: true));

        Assert.Contains("TinyClassifier: restored tiny.safetensors from the cache", log.Lines);
    }

    [Fact]
    public void A_damaged_cache_is_not_used()
    {
        using var project = new TinyProject();
        byte[] trained = project.Train(project.Read());
        File.Delete(project.Output);
        foreach (string file in Directory.GetFiles(Path.Combine(project.Cache, "trained"))) Flip(file, 200);
        var log = new RecordingLog();

        Assert.Equal(trained, project.BringUpToDate(project.Read(), log));

        Assert.Contains(log.Lines, static l => l.Contains("is neither here nor in the cache; on the machine that trained it, it is sha256:", StringComparison.Ordinal));
        Assert.Contains(log.Lines, static l => l.Contains("warm-up epoch 3/3", StringComparison.Ordinal));
    }

    [Fact]
    public void A_spec_with_the_same_first_stage_takes_it_from_the_other()
    {
        using var project = new TinyProject();
        project.Train(project.Read());
        File.Move(project.Lock, project["other.lock"]);
        File.Delete(project.Output);
        var log = new RecordingLog();

        project.BringUpToDate(project.Read(("TinyClassifier", "OtherClassifier"), ("optimizer = \"sgd\"", "optimizer = \"rmsprop\"")), log);

        Assert.Contains("OtherClassifier: warm-up is in the cache", log.Lines);
        Assert.Contains(log.Lines, static l => l.Contains("fine-tune epoch 3/3", StringComparison.Ordinal));
    }

    [Fact]
    public void Locked_mode_fails_with_the_reason_where_training_would_be_needed()
    {
        using var project = new TinyProject();
        project.BringUpToDate(project.Read());
        project.BringUpToDate(project.Read(), locked: true);

        Diagnostic diagnostic = Assert.Throws<TrainingException>(() => project.BringUpToDate(project.Read(("seed = 7", "seed = 8")), locked: true)).Diagnostic;

        Assert.Equal("MSPEC3008", diagnostic.Descriptor.Code);
        Assert.Contains("[model] seed changed 7 → 8", diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lock_with_the_marks_of_a_merge_counts_as_none_and_says_so()
    {
        using var project = new TinyProject();
        project.Train(project.Read());
        string text = File.ReadAllText(project.Lock);
        File.WriteAllText(project.Lock, "<<<<<<< ours\n" + text);
        var log = new RecordingLog();

        project.BringUpToDate(project.Read(), log);

        Assert.Equal("MSPEC3012", Assert.Single(log.Diagnostics).Descriptor.Code);
        Assert.Equal(text, File.ReadAllText(project.Lock));
    }

    [Fact]
    public void Where_the_dataset_is_not_the_locks_word_is_taken_for_it()
    {
        using var project = new TinyProject();
        project.Train(project.Read());
        Directory.Move(project["pictures"], project["elsewhere"]);
        var log = new RecordingLog();

        project.BringUpToDate(project.Read(), log, locked: true);
        Assert.Contains("the dataset 'pictures' is not on this machine", Assert.Single(log.Lines), StringComparison.Ordinal);

        Diagnostic diagnostic = Assert.Throws<TrainingException>(() => project.BringUpToDate(project.Read(("seed = 7", "seed = 8")))).Diagnostic;
        Assert.Equal("MSPEC1001", diagnostic.Descriptor.Code);
    }

    [Fact]
    public void A_lock_is_the_same_text_each_time_with_sorted_keys_and_without_places_of_the_machine()
    {
        using var project = new TinyProject();
        project.Train(project.Read());
        string first = File.ReadAllText(project.Lock);
        project.Train(project.Read());

        Assert.Equal(first, File.ReadAllText(project.Lock));
        Assert.DoesNotContain(project.Root, first, StringComparison.Ordinal);
        string[] tables = [.. first.Split('\n').Where(static l => l.StartsWith('['))];
        Assert.Equal(["[backbone]", "[data]", "[data.split]", "[environment]", "[head]", "[model]", "[split]", "[[stage]]", "[[stage]]"], tables);
        Assert.Contains($"weights = \"{FileDigests.Compute(project.Output)}\"\n", first, StringComparison.Ordinal);
        Assert.Contains("[split]\ndigest = \"sha256:", first, StringComparison.Ordinal);
        Assert.Contains("test = 8\ntest_digest = \"sha256:", first, StringComparison.Ordinal);
        Assert.Contains("\"\ntrain = 24\nvalidation = 0\n", first, StringComparison.Ordinal);
        Assert.Contains("test_accuracy = ", first, StringComparison.Ordinal);
    }

    [Fact]
    public void A_weight_file_that_was_moved_retrains_nothing_and_the_lock_gets_its_name()
    {
        using var project = new TinyProject();
        project.Train(project.Read());
        File.Copy(project.Output, project["first.safetensors"]);
        byte[] trained = project.Train(project.Read(("weights = \"none\"", "weights = \"first.safetensors\"")));

        Directory.CreateDirectory(project["moved"]);
        File.Move(project["first.safetensors"], project["moved/second.safetensors"]);
        SpecSource moved = project.Read(("weights = \"none\"", "weights = \"moved/second.safetensors\""));

        Assert.Equal(trained, project.BringUpToDate(moved, locked: true));
        Assert.Contains("weights = \"first.safetensors\"", File.ReadAllText(project.Lock), StringComparison.Ordinal);
        Assert.Equal(trained, project.BringUpToDate(moved));
        Assert.Contains("weights = \"moved/second.safetensors\"", File.ReadAllText(project.Lock), StringComparison.Ordinal);
        Assert.DoesNotContain("first.safetensors", File.ReadAllText(project.Lock), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_libtorch_retrains()
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read();
        project.Write("lib/libtorch_cpu.so", "one libtorch");
        var options = new FineTuningOptions(project.Output, "cpu", new AssetFolders([], project.Cache), LibTorch: project["lib"]);
        new FineTuning(spec, options, new RecordingLog()).Run(CancellationToken.None);
        new FineTuning(spec, options with { IsLocked = true }, new RecordingLog()).Run(CancellationToken.None);

        project.Write("lib/libtorch_cpu.so", "another libtorch");
        Diagnostic diagnostic = Assert.Throws<TrainingException>(
            () => new FineTuning(spec, options with { IsLocked = true }, new RecordingLog()).Run(CancellationToken.None)).Diagnostic;

        Assert.Equal("MSPEC3008", diagnostic.Descriptor.Code);
        Assert.Contains("[environment] libtorch changed", diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lock_records_what_training_does_and_not_the_programs_version()
    {
        using var project = new TinyProject();
        project.Train(project.Read());

        string text = File.ReadAllText(project.Lock);

        Assert.Contains(FormattableString.Invariant($"semantics = {TrainingSemantics.Revision}\n"), text, StringComparison.Ordinal);
        Assert.DoesNotContain("trainer", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Images_that_change_while_they_are_read_are_an_error()
    {
        using var project = new TinyProject();
        // The first line is written when decoding begins.
        var log = new ActingLog(static l => l.Contains("random weights", StringComparison.Ordinal), () => project.AddPicture("Red-Sky/03.png", new SKColor(150, 1, 2)));

        Diagnostic diagnostic = Assert.Throws<TrainingException>(() => project.BringUpToDate(project.Read(), log)).Diagnostic;

        Assert.Equal("MSPEC3011", diagnostic.Descriptor.Code);
        Assert.False(File.Exists(project.Lock));
    }

    [Fact]
    public void Digests_are_remembered_for_files_that_have_settled()
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("data/a.txt", "one");
        DateTime old = DateTime.UtcNow.AddHours(-1);
        File.SetLastWriteTimeUtc(file, old);
        var digests = new FileDigests(folder["memory"]);
        string first = digests.Of(file);

        // With the same size and time, the cached digest is used. With another time, the file is read again.
        File.WriteAllText(file, "two");
        File.SetLastWriteTimeUtc(file, old);
        Assert.Equal(first, digests.Of(file));
        Assert.NotEqual(first, new FileDigests(null).Of(file));
        File.SetLastWriteTimeUtc(file, old.AddMinutes(1));
        Assert.NotEqual(first, digests.Of(file));

        // A file that has just been written is never remembered, as it may change again within the clock's step.
        string fresh = folder.Write("data/b.txt", "one");
        DateTime now = DateTime.UtcNow;
        File.SetLastWriteTimeUtc(fresh, now);
        digests.Of(fresh);
        File.WriteAllText(fresh, "two");
        File.SetLastWriteTimeUtc(fresh, now);
        Assert.Equal(FileDigests.Compute(fresh), digests.Of(fresh));
    }

    private static void Flip(string path, int position)
    {
        byte[] bytes = File.ReadAllBytes(path);
        bytes[position] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    private sealed class ActingLog(Predicate<string> when, Action act) : IProgressLog
    {
        public void Line(string text)
        {
            if (when(text)) act();
        }

        public void Report(Diagnostic diagnostic)
        {
        }
    }
}
