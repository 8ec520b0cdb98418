using FineTune.Pipeline;
using ModelSpec.Layers;
using ModelSpec.Networks;

namespace FineTune.Training.Exporters;

/// <summary>How a network's images become its input, as exporters see it.</summary>
internal static class InputPreparations
{
    public static InputPreparation Of(Network network)
    {
        Preprocessing p = network.Preprocessing;
        ImageResizing? resize = network.Preparation is { } preparation ? new ImageResizing(preparation.ShorterSide, preparation.IsBicubic) : null;
        return new InputPreparation(p.Bgr, p.Scale, [.. p.Mean], [.. p.Std], resize);
    }
}
