using System.Security.Cryptography;
using FineTune.Native;
using FineTune.Training;
using FineTune.Training.Assets;
using ModelSpec.Diagnostics;

namespace Training.Tests.Weights;

/// <summary>Pretrained weights as users put them into the folders of their assets.</summary>
public class PretrainedCheckTests
{
    private const string Sets = """

        [[weights]]
        name = "keras"
        file = "tiny.h5"
        url = "https://example.com/tiny.h5"
        digest = "md5:DIGEST"
        preprocess = "caffe"

        [[weights]]
        name = "torch"
        file = "tiny.pth"
        url = "https://example.com/tiny.pth"
        preprocess = "torchvision"
        """;

    static PretrainedCheckTests() => NativeLibraries.Load();

    [Fact]
    public void Weights_that_are_not_the_published_file_are_used_with_one_warning()
    {
        using var project = new TinyProject();
        SpecSource spec = Project(project, "keras2.h5", "keras", new string('0', 32));
        var log = new RecordingLog();

        project.BringUpToDate(spec, log);
        Diagnostic warning = Assert.Single(log.Diagnostics);
        project.BringUpToDate(spec, log);

        Assert.Equal(("MSPEC3031", false), (warning.Descriptor.Code, warning.IsError));
        Assert.Contains("its md5 is", warning.Message, StringComparison.Ordinal);
        Assert.Contains("https://example.com/tiny.h5", warning.Message, StringComparison.Ordinal);
        // The second run is up to date.
        Assert.Single(log.Diagnostics);
    }

    [Fact]
    public void The_published_file_gives_no_warning()
    {
        using var project = new TinyProject();
        string digest = Convert.ToHexStringLower(Md5(Path.Combine(AppContext.BaseDirectory, "Fixtures", "keras2.h5")));
        var log = new RecordingLog();

        project.BringUpToDate(Project(project, "keras2.h5", "keras", digest), log);

        Assert.Empty(log.Diagnostics);
    }

    [Fact]
    public void A_PyTorch_file_in_the_place_of_Kerass_is_read_with_a_warning_of_its_preprocessing()
    {
        using var project = new TinyProject();
        var log = new RecordingLog();

        project.BringUpToDate(Project(project, "zip.pth", "keras", new string('0', 32)), log);

        Diagnostic warning = Assert.Single(log.Diagnostics);
        Assert.Equal(("MSPEC3032", false), (warning.Descriptor.Code, warning.IsError));
        Assert.Contains("is a file of PyTorch", warning.Message, StringComparison.Ordinal);
        Assert.Contains("(\"torch\") expect preprocess = \"torchvision\", but \"caffe\" is used", warning.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("zip.pth", "unit", true)]
    [InlineData("zip.pth", "torchvision", false)]
    [InlineData("keras2.h5", "torchvision", true)]
    [InlineData("half.safetensors", "unit", false)] // the format does not identify the publisher
    public void A_path_to_a_file_that_expects_other_preprocessing_gives_a_warning(string fixture, string preprocess, bool warns)
    {
        using var project = new TinyProject();
        Project(project, fixture, "none", new string('0', 32));
        project.Write("tiny.backbone", TinyProject.Backbone.Replace("input = [16, 16]", $"input = [16, 16]\npreprocess = \"{preprocess}\"", StringComparison.Ordinal)
            + Sets.Replace("DIGEST", new string('0', 32), StringComparison.Ordinal));
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Fixtures", fixture), project[fixture]);
        var log = new RecordingLog();

        project.BringUpToDate(project.Read(("\"none\"", $"\"{fixture}\"")), log);

        Assert.Equal(warns ? ["MSPEC3032"] : [], log.Diagnostics.Select(static d => d.Descriptor.Code));
    }

    [Fact]
    public void A_preprocessing_that_the_spec_chooses_is_not_questioned()
    {
        using var project = new TinyProject();
        Project(project, "zip.pth", "keras", new string('0', 32));
        var log = new RecordingLog();

        project.BringUpToDate(project.Read(("weights = \"none\"", "weights = \"torch\"\npreprocess = \"caffe\"")), log);

        Assert.Empty(log.Diagnostics);
    }

    [Fact]
    public void A_file_of_which_only_a_half_is_there_is_one_error()
    {
        using var project = new TinyProject();
        SpecSource spec = Project(project, "keras2.h5", "keras", new string('0', 32));
        string path = Path.Combine(project.Cache, "weights", "tiny.h5");
        byte[] whole = File.ReadAllBytes(path);
        File.WriteAllBytes(path, whole[..(whole.Length / 2)]);
        var log = new RecordingLog();

        Diagnostic error = Assert.Throws<FineTune.Training.Diagnostics.TrainingException>(() => project.BringUpToDate(spec, log)).Diagnostic;

        Assert.Equal("MSPEC2002", error.Descriptor.Code);
        Assert.Contains("is truncated", error.Message, StringComparison.Ordinal);
        Assert.Empty(log.Diagnostics);
    }

    [Fact]
    public void The_built_in_sets_state_the_sizes_that_are_known()
    {
        Assert.Contains(RemoteFiles.All, static f => f.Name.StartsWith("vgg16_weights", StringComparison.Ordinal) && f.Size == "58.9 MB");
        Assert.Contains(RemoteFiles.All, static f => f.Name == "vgg16-397923af.pth" && f.Size == "528 MB");
    }

    /// <summary>A project with two weight sets, and a fixture in the place of both sets' files in the cache.</summary>
    private static SpecSource Project(TinyProject project, string fixture, string weights, string digest)
    {
        project.Write("tiny.backbone", TinyProject.Backbone + Sets.Replace("DIGEST", digest, StringComparison.Ordinal));
        Directory.CreateDirectory(Path.Combine(project.Cache, "weights"));
        foreach (string name in (string[])["tiny.h5", "tiny.pth"])
        {
            File.Copy(Path.Combine(AppContext.BaseDirectory, "Fixtures", fixture), Path.Combine(project.Cache, "weights", name));
        }
        return project.Read(("\"none\"", $"\"{weights}\""));
    }

#pragma warning disable CA5351 // The publishers give MD5 digests.
    private static byte[] Md5(string path) => MD5.HashData(File.ReadAllBytes(path));
#pragma warning restore CA5351
}
