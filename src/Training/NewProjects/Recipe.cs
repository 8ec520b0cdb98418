using FineTune.Training.Assets;
using ModelSpec.Backbones;

namespace FineTune.Training.NewProjects;

/// <summary>A backbone that new projects begin with.</summary>
/// <param name="Architecture">Its word.</param>
/// <param name="Width">Its width, or null.</param>
/// <param name="Unfrozen">What a second stage freezes: all but the last blocks.</param>
/// <param name="ManyImages">The training images from which a second stage is worth its time. benchmarks/NOTES.md has what was measured.</param>
internal sealed record RecipeBackbone(string Architecture, double? Width, string Unfrozen, int ManyImages);

/// <summary>How a new project trains.</summary>
/// <param name="Backbone">The backbone.</param>
/// <param name="Weights">What is known of its weights: where they are, or that they are downloaded.</param>
/// <param name="HasSecondStage">Whether the last blocks of the backbone learn, too.</param>
/// <param name="Views">How many changed versions of each image are trained with, or null for none.</param>
/// <param name="IsWeighted">Whether rare classes get more weight.</param>
internal sealed record Recipe(RecipeBackbone Backbone, string Weights, bool HasSecondStage, int? Views, bool IsWeighted)
{
    /// <summary>The most training images that are changed at random: more of them are varied enough, and each version costs a pass through the backbone.</summary>
    private const int FewImages = 5_000;

    /// <summary>Backbones that train in minutes on a processor, the more accurate one first.</summary>
    private static readonly RecipeBackbone[] Backbones =
    [
        new("efficientnet_lite0", null, "..blocks_11, batch_norms", 1_000),
        new("mobilenet_v1", 0.75, "..conv_pw_11_relu, batch_norms", 5_000),
    ];

    /// <summary>Chooses by the size of the data, and by the weights that are on this machine.</summary>
    public static Recipe For(ImageFolder images, AssetFolders assets)
    {
        (RecipeBackbone Backbone, RemoteFile File)[] known = [.. Backbones.Select(static backbone => (backbone, FileOf(backbone)))];
        (RecipeBackbone backbone, RemoteFile file) = known.FirstOrDefault(b => assets.Find(b.File.RelativePath) is not null, known[0]);
        string weights = assets.Find(file.RelativePath) is not null
            ? "on this machine"
            : $"the first training downloads {file.Name}{(file.Size is null ? "" : $", {file.Size}")}";
        int train = images.Division is null ? (int)(0.75 * images.Count) : images.Classes.Sum(static c => c.Train);
        return new Recipe(backbone, weights, train >= backbone.ManyImages, train <= FewImages ? 6 : null, images.Imbalance >= ImageFolder.Balanced);
    }

    private static RemoteFile FileOf(RecipeBackbone backbone) => RemoteFiles.Of(
        BackboneCatalogue.BuiltIn.Find(backbone.Architecture)!.WeightSets.First(set => set.Name == "imagenet" && set.Width == backbone.Width));
}
