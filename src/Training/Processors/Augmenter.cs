using ModelSpec.Language;
using ModelSpec.Plans;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Processors;

/// <summary>
/// Random changes of training images: first the built-in ones, then the processors of plugins. The built-in ones are an affine map per image, drawn and
/// composed as in Keras's <c>ImageDataGenerator</c> (rotation, shift, shear, zoom, each in pixels around the centre), then mirroring and a change
/// of brightness. A whole batch is warped at once with bilinear interpolation. The changes of an image depend only on the seed, the image, the number
/// of its version and, without views, the stage.
/// </summary>
/// <param name="settings">The built-in changes; null for none.</param>
/// <param name="seed">The seed of the spec.</param>
/// <param name="processing">The processors of plugins; null for none.</param>
internal sealed class Augmenter(Augmentation? settings, long seed, ImageProcessing? processing = null)
{
    private int Views => settings?.Views ?? 0;

    /// <summary>Creates the augmenter of a spec, or null if its training images are not changed.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="cancellation">Cancels the processors.</param>
    public static Augmenter? Create(SpecSource spec, CancellationToken cancellation = default)
    {
        ImageProcessing? processing = spec.Plan.Processors.Count > 0 ? new ImageProcessing(spec, cancellation) : null;
        return spec.Plan.Augmentation is null && processing is null ? null : new Augmenter(spec.Plan.Augmentation, spec.Plan.Seed, processing);
    }

    /// <summary>
    /// The number of versions of each training image: 0 for a new one in every epoch, 1 if images are not changed. Without
    /// <c>[data.augment]</c>, processors create a new version in every epoch, as by default.
    /// </summary>
    public static int ViewsOf(TrainingPlan plan) => plan.Augmentation?.Views ?? (plan.Processors.Count > 0 ? 0 : 1);

    /// <summary>Warps a batch.</summary>
    /// <param name="pixels">uint8 <c>[N, H, W, 3]</c>.</param>
    /// <param name="images">The index of each image in its set.</param>
    /// <param name="stage">The index of the stage.</param>
    /// <param name="epoch">The epoch within the stage, from 1; it determines the version of each image.</param>
    /// <returns>float32 <c>[N, H, W, 3]</c> in [0, 255].</returns>
    public Tensor Apply(Tensor pixels, ReadOnlySpan<long> images, int stage, int epoch)
    {
        using DisposeScope scope = NewDisposeScope();
        long[] versions = new long[images.Length];
        for (int i = 0; i < versions.Length; i++) versions[i] = Version(images[i], epoch);
        return Change(pixels, images, versions, Views > 0 ? 0 : stage).MoveToOuterDisposeScope();
    }

    /// <summary>Warps a batch into one of its views, which are the same in all stages.</summary>
    /// <param name="pixels">uint8 <c>[N, H, W, 3]</c>.</param>
    /// <param name="images">The index of each image in its set.</param>
    /// <param name="view">The number of the view, from 0.</param>
    /// <returns>float32 <c>[N, H, W, 3]</c> in [0, 255].</returns>
    public Tensor ApplyView(Tensor pixels, ReadOnlySpan<long> images, int view)
    {
        long[] versions = new long[images.Length];
        Array.Fill(versions, view);
        return Change(pixels, images, versions, 0);
    }

    /// <summary>The version of an image in an epoch: with views, a number in [0, views), which changes from epoch to epoch and from image to image; without, the epoch.</summary>
    public long Version(long image, int epoch) => Views > 0 ? (epoch - 1 + image) % Views : epoch;

    private Tensor Change(Tensor pixels, ReadOnlySpan<long> images, ReadOnlySpan<long> versions, int stage)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor changed = settings is null ? pixels.to_type(ScalarType.Float32) : Warp(settings, pixels, images, versions, stage);
        return (processing?.Apply(changed, images, versions, stage) ?? changed).MoveToOuterDisposeScope();
    }

    private Tensor Warp(Augmentation settings, Tensor pixels, ReadOnlySpan<long> images, ReadOnlySpan<long> versions, int stage)
    {
        using DisposeScope scope = NewDisposeScope();
        int count = images.Length;
        int height = (int)pixels.shape[1];
        int width = (int)pixels.shape[2];
        float[] maps = new float[count * 6];
        float[] factors = new float[count];
        for (int i = 0; i < count; i++)
        {
            var random = new SeededRandom(seed, stage, versions[i], images[i]);
            Draw(settings, ref random, height, width, maps.AsSpan(6 * i, 6), out factors[i]);
        }

        Device device = pixels.device;
        Tensor planes = pixels.to_type(ScalarType.Float32).permute(0, 3, 1, 2);
        // Coordinates of the images are from -1 at the left edge of the first pixel to 1 at the right edge of the last.
        Tensor grid = nn.functional.affine_grid(tensor(maps, [count, 2, 3]).to(device), [count, 3, height, width], align_corners: false);
        if (settings.Fill == FillMode.Wrap)
        {
            // The first column and row are repeated after the last, to interpolate between the two.
            planes = cat([planes, planes.narrow(3, 0, 1)], dim: 3);
            planes = cat([planes, planes.narrow(2, 0, 1)], dim: 2);
            grid = stack([Wrap(grid.select(3, 0), width), Wrap(grid.select(3, 1), height)], dim: 3);
        }
        Tensor warped = nn.functional.grid_sample(planes, grid, GridSampleMode.Bilinear, Padding(settings.Fill), align_corners: false);
        if (settings.Brightness > 0) warped.mul_(tensor(factors, [count, 1, 1, 1]).to(device)).clamp_(0, 255);
        return warped.permute(0, 2, 3, 1).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The map from a position in the result to a position in the source, as two rows of three for (x, y, 1): Keras's
    /// <c>apply_affine_transform</c> with its (row, column) order turned into (x, y), and its pixels into coordinates from -1 to 1.
    /// </summary>
    private static void Draw(Augmentation settings, ref SeededRandom random, int height, int width, Span<float> map, out float brightness)
    {
        double theta = Radians(random.Uniform(-settings.Rotation, settings.Rotation));
        double shiftY = random.Uniform(-settings.HeightShift, settings.HeightShift) * height;
        double shiftX = random.Uniform(-settings.WidthShift, settings.WidthShift) * width;
        double shear = Radians(random.Uniform(-settings.Shear, settings.Shear));
        double zoomY = random.Uniform(1 - settings.Zoom, 1 + settings.Zoom);
        double zoomX = random.Uniform(1 - settings.Zoom, 1 + settings.Zoom);
        bool flip = random.NextDouble() < 0.5 && settings.HorizontalFlip;
        brightness = (float)random.Uniform(1 - settings.Brightness, 1 + settings.Brightness);

        // (row, column): rotation · shear · zoom, and the rotated shift.
        (double sin, double cos) = Math.SinCos(theta);
        (double shearSin, double shearCos) = Math.SinCos(shear);
        double rr = cos * zoomY, rc = (cos * -shearSin - sin * shearCos) * zoomX;
        double cr = sin * zoomY, cc = (sin * -shearSin + cos * shearCos) * zoomX;
        double offsetRow = cos * shiftY - sin * shiftX;
        double offsetColumn = sin * shiftY + cos * shiftX;

        // Keras rotates around the middle of the pixels, which is 0 here, so only the lengths of the axes remain.
        double mirror = flip ? -1 : 1;
        map[0] = (float)(cc * mirror);
        map[1] = (float)(cr * height / width);
        map[2] = (float)(offsetColumn * 2 / width);
        map[3] = (float)(rc * mirror * width / height);
        map[4] = (float)rr;
        map[5] = (float)(offsetRow * 2 / height);
    }

    /// <summary>Converts coordinates of images of <paramref name="size"/> pixels, modulo that size, to coordinates of images with one more pixel.</summary>
    private static Tensor Wrap(Tensor coordinates, int size) =>
        coordinates.add(1).mul(size / 2.0).sub(0.5).remainder(size).add(0.5).mul(2.0 / (size + 1)).sub(1);

    private static GridSamplePaddingMode Padding(FillMode fill) => fill switch
    {
        FillMode.Constant => GridSamplePaddingMode.Zeros,
        FillMode.Reflect => GridSamplePaddingMode.Reflection,
        _ => GridSamplePaddingMode.Border,
    };

    private static double Radians(double degrees) => degrees * Math.PI / 180;
}
