namespace EndToEnd.Tests;

/// <summary>Published forms of a trained classifier: a single file, and a library in a package.</summary>
public sealed class PublishTests
{
    private readonly PackageConsumer _consumer;

    public PublishTests(PackageConsumer consumer)
    {
        _consumer = consumer;
        consumer.Reset();
    }

    [Fact]
    public void A_single_file_predicts()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the runtime identifier of this test is linux-x64");
        DotNet.Run(_consumer.App, "publish", "--tl:off", "-r", "linux-x64", "--no-self-contained", "-p:PublishSingleFile=true", "-p:TrainModel=true", "-o", Path.Combine(_consumer.Root, "published")).Succeeded();

        string published = Path.Combine(_consumer.Root, "published");
        Assert.False(File.Exists(Path.Combine(published, "App.dll")));
        string pictures = Path.Combine(_consumer.App, "pictures");
        CommandResult run = DotNet.RunCommand(Path.Combine(published, "App"), published, $"{pictures}/red/3.png", $"{pictures}/blue/4.png").Succeeded();
        Assert.Equal(["3.png: Red", "4.png: Blue"], Lines(run));
    }

    [Fact]
    public void A_library_with_a_classifier_in_a_package_predicts_without_any_training_setup()
    {
        string project = File.ReadAllText(Path.Combine(_consumer.App, "App.csproj"));
        _consumer.Write("Sky/Sky.csproj", project
            .Replace("<OutputType>Exe</OutputType>", $"<PackageId>{PackageConsumer.LibraryPackage}</PackageId><Version>{_consumer.Version}</Version>", StringComparison.Ordinal));
        foreach (string file in (string[])["sky.modelspec", "tiny.backbone"])
        {
            _consumer.Write("Sky/" + file, File.ReadAllText(Path.Combine(_consumer.App, file)).Replace("\"pictures\"", "\"../App/pictures\"", StringComparison.Ordinal));
        }
        DotNet.Run(Path.Combine(_consumer.Root, "Sky"), "pack", "--tl:off", "-p:TrainModel=true", "-o", Path.Combine(_consumer.Root, "feed")).Succeeded();

        _consumer.Write("Guest/Guest.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="{PackageConsumer.LibraryPackage}" Version="{_consumer.Version}" />
              </ItemGroup>
            </Project>
            """);
        _consumer.Write("Guest/Program.cs", """
            using Sky;

            using SkyClassifier sky = SkyClassifier.Load();
            foreach (string path in args) Console.WriteLine($"{Path.GetFileName(path)}: {sky.Predict(path).Label}");
            """);
        CommandResult run = DotNet.Run(Path.Combine(_consumer.Root, "Guest"), "run", "-p:TrainModel=true", "--", "../App/pictures/red/3.png", "../App/pictures/blue/4.png").Succeeded();
        Assert.Equal(["3.png: Red", "4.png: Blue"], Lines(run)[^2..]);
    }

    private static string[] Lines(CommandResult result) =>
        result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
