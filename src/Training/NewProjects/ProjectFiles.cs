using System.Globalization;
using System.Text;
using FineTune.Training.Schemas;
using ModelSpec.Language;
using ModelSpec.Text;

namespace FineTune.Training.NewProjects;

/// <summary>The names of a new project.</summary>
/// <param name="Class">The generated class, such as <c>FlowerClassifier</c>.</param>
/// <param name="Project">The project, which is also its namespace, such as <c>FlowerApp</c>.</param>
/// <param name="Spec">The file name of the spec without its ending, such as <c>flower</c>.</param>
internal sealed record ProjectNames(string Class, string Project, string Spec)
{
    private const string Suffix = "Classifier";

    /// <summary>The names that a class gives the rest.</summary>
    public static ProjectNames Of(string className)
    {
        string stem = className.EndsWith(Suffix, StringComparison.Ordinal) && className.Length > Suffix.Length ? className[..^Suffix.Length] : className;
        return new ProjectNames(className, stem + "App", stem.ToLowerInvariant());
    }

    /// <summary>The class that a folder gives: <c>my photos</c> gives <c>MyPhotosClassifier</c>.</summary>
    public static string ClassOf(string folder) => (Identifiers.ToPascalCase(folder) is { Length: > 0 } name ? name : "Image") + Suffix;
}

/// <summary>The text of the files of a new project. Paths in them are relative, so that a clone works anywhere.</summary>
internal static class ProjectFiles
{
    /// <summary>The files by name.</summary>
    /// <param name="names">The names.</param>
    /// <param name="images">The images.</param>
    /// <param name="recipe">How they are trained.</param>
    /// <param name="source">The folder of the images, relative to the project, with slashes.</param>
    /// <param name="packageVersion">The version of FineTune.Build that is referenced.</param>
    public static IReadOnlyDictionary<string, string> Of(ProjectNames names, ImageFolder images, Recipe recipe, string source, string packageVersion) =>
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [names.Spec + ".modelspec"] = Spec(names, images, recipe, source),
            [names.Project + ".csproj"] = Project(packageVersion, source),
            ["Program.cs"] = Program(names, source, images.Division?.Test),
            [".gitignore"] = TemplateFile("gitignore"),
            [SpecSchema.FileName] = SpecSchema.Write(PluginWords.BuiltIn),
            [".vscode/settings.json"] = TemplateFile("settings.json"),
        };

    private static string Spec(ProjectNames names, ImageFolder images, Recipe recipe, string source)
    {
        var spec = new StringBuilder();
        int classes = images.Classes.Count;
        spec.Append(CultureInfo.InvariantCulture, $"""
            {SpecSchema.Directive}
            # What the classifier {names.Class} is and how it is fine-tuned. Made by 'finetune new' from {images.Count} images of {classes} classes.
            # Change what you like: a build with -p:TrainModel=true trains what the change affects, and no more.

            [model]
            name    = "{names.Class}"   # the generated C# class
            classes = {Classes(images)}
            seed    = 42   # draws the split, the order of images and the first weights of the head

            [data]
            source = {Quote(source)}   # relative to this file: one folder per class
            """).Append('\n');
        spec.Append(images.Division is { } division
            ? $"split  = {{ train = {Quote(division.Train)}, {(division.Validation is null ? "" : $"validation = {Quote(division.Validation)}, ")}test = {Quote(division.Test)} }}   # the folders that it is divided into\n"
            : "split  = { train = 0.75, test = 0.25 }   # a quarter of each class is never learnt from: the accuracy is measured on it\n");
        if (recipe.Views is { } views)
        {
            spec.Append(CultureInfo.InvariantCulture, $"""

                [data.augment]                  # training images are changed a little at random; see them: finetune augment {names.Spec}.modelspec --out sheet.png
                rotation        = 15            # degrees to either side
                width_shift     = 0.1
                height_shift    = 0.1
                zoom            = 0.2
                horizontal_flip = true          # remove this if left and right matter, as in writing
                fill            = "nearest"
                views           = {views}             # versions of each image
                """).Append('\n');
        }
        spec.Append(CultureInfo.InvariantCulture, $"""

            [backbone]                      # {recipe.Weights}
            architecture = "{recipe.Backbone.Architecture}"
            """).Append('\n');
        if (recipe.Backbone.Width is { } width) spec.Append(CultureInfo.InvariantCulture, $"width        = {width}\n");
        string weighted = recipe.IsWeighted ? "class_weights   = \"balanced\"    # rare classes count as much as frequent ones\n" : "";
        spec.Append(CultureInfo.InvariantCulture, $"""
            weights      = "imagenet"       # what it learnt from a million photos
            input        = [224, 224]       # height, width

            [head]                          # replaces the backbone's own classes by yours
            layers = ["global_average_pool", "linear(256)", "relu", "dropout(0.5)", "linear({classes})", "softmax"]

            [[stage]]
            name            = "warm-up"
            freeze          = "backbone"    # only the head learns
            epochs          = 40
            batch_size      = 32
            optimizer       = "adam"
            learning_rate   = 0.001
            schedule        = "cosine"
            label_smoothing = 0.1
            """).Append('\n').Append(weighted);
        spec.Append(recipe.HasSecondStage
            ? "\n" + $"""
            [[stage]]
            name            = "fine-tune"
            freeze          = "{recipe.Backbone.Unfrozen}"   # the last blocks of the backbone learn with the head
            epochs          = 16
            batch_size      = 32
            optimizer       = "sgd"
            learning_rate   = 0.01
            momentum        = 0.9
            nesterov        = true
            schedule        = "cosine"
            label_smoothing = 0.1
            """ + "\n" + weighted
            : FormattableString.Invariant($"\n# From about {recipe.Backbone.ManyImages} training images on, a second stage may pay, in which the last blocks learn, too: freeze = \"{recipe.Backbone.Unfrozen}\".\n"));
        return spec.ToString().ReplaceLineEndings("\n");
    }

    private static string Project(string packageVersion, string source)
    {
        // Images in the project's own folder are not files of the project.
        string excluded = source.StartsWith("..", StringComparison.Ordinal) ? "" : $"\n    <DefaultItemExcludes>$(DefaultItemExcludes);{Escape(source)}/**</DefaultItemExcludes>";
        return $"""
            <Project Sdk="Microsoft.NET.Sdk">

              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>{excluded}
              </PropertyGroup>

              <ItemGroup>
                <PackageReference Include="FineTune.Build" Version="{packageVersion}" />
              </ItemGroup>

            </Project>

            """.ReplaceLineEndings("\n");
    }

    /// <summary>The program of the template <c>finetune-classifier</c>, with the names and the folder of images of this project.</summary>
    private static string Program(ProjectNames names, string source, string? test) => TemplateFile("Program.cs")
        .Replace("FINETUNE_NAMEClassifier", names.Class, StringComparison.Ordinal)
        .Replace("FINETUNE_NAME", names.Project, StringComparison.Ordinal)
        .Replace("\"FINETUNE_PHOTOS\"", Quote(test is null ? source : $"{source}/{test}"), StringComparison.Ordinal);

    /// <summary>A file of the template <c>finetune-classifier</c>.</summary>
    private static string TemplateFile(string name)
    {
        using Stream stream = typeof(ProjectFiles).Assembly.GetManifestResourceStream("FineTune.Training.Template." + name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }

    /// <summary>The classes as a TOML array, broken into lines.</summary>
    private static string Classes(ImageFolder images)
    {
        const int LineLength = 120;
        const string Indent = "           ";
        var text = new StringBuilder("[");
        int column = Indent.Length;
        foreach ((int i, ClassImages c) in images.Classes.Index())
        {
            string name = Quote(c.Name);
            if (i > 0)
            {
                bool breaks = column + name.Length > LineLength;
                text.Append(breaks ? ",\n" + Indent : ", ");
                column = breaks ? Indent.Length : column + 2;
            }
            text.Append(name);
            column += name.Length;
        }
        return text.Append(']').ToString();
    }

    private static string Quote(string text) => "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";

    private static string Escape(string text) => System.Security.SecurityElement.Escape(text);
}
