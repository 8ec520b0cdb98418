namespace EndToEnd.Tests;

/// <summary>The package <c>finetune</c> as a .NET tool, installed from a folder, and the project that it makes.</summary>
public sealed class ToolTests(PackageConsumer consumer)
{
    [Fact]
    public void It_installs_from_a_folder_and_makes_a_project_that_builds()
    {
        string folder = Path.Combine(consumer.Root, "tool"), photos = Path.Combine(consumer.Root, "photos");
        DotNet.Run(consumer.Root, "tool", "install", "finetune", "--version", consumer.Version, "--tool-path", folder, "--add-source", Path.Combine(consumer.Root, "feed")).Succeeded();
        string command = Path.Combine(folder, OperatingSystem.IsWindows() ? "finetune.exe" : "finetune");
        // Without libtorch, which would make it half a gigabyte large.
        long size = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Sum(static file => new FileInfo(file).Length);
        Assert.InRange(size, 1L << 20, 300L << 20);

        Assert.Matches(@"^\d+\.\d+\.\d+", DotNet.RunCommand(command, consumer.Root, "--version").Succeeded().StandardOutput);
        foreach (string kind in (string[])["red", "blue"])
        {
            Directory.CreateDirectory(Path.Combine(photos, kind));
            for (int i = 0; i < 8; i++) File.Copy(Path.Combine(consumer.App, $"pictures/{kind}/{i}.png"), Path.Combine(photos, kind, $"{i}.png"));
        }
        string made = DotNet.RunCommand(command, consumer.Root, "new", "photos", "--package-version", consumer.Version).Succeeded().Output;
        Assert.Contains("16 images of 2 classes: blue 8, red 8", made, StringComparison.Ordinal);
        Assert.Contains("Next: cd PhotosApp && dotnet run -p:TrainModel=true", made, StringComparison.Ordinal);
        string app = Path.Combine(consumer.Root, "PhotosApp");
        Assert.Contains("efficientnet_lite0", DotNet.RunCommand(command, app, "inspect", "photos.modelspec", "--json").Succeeded().StandardOutput, StringComparison.Ordinal);

        // Without weights: the spec is read, the class is generated and the program compiles against it.
        CommandResult build = DotNet.Run(app, "build", "--tl:off").Succeeded();
        Assert.Matches(@"photos\.modelspec.*: warning MSPEC3001", build.Output);
        string doctor = DotNet.RunCommand(command, app, "doctor", "photos.modelspec").Output;
        Assert.Matches(@"libtorch +library +.*torch_cpu", doctor);
        Assert.Matches(@"photos\.modelspec +build +trains, ", doctor);
    }
}
