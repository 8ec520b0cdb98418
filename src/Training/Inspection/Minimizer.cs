namespace FineTune.Training.Inspection;

/// <summary>
/// Finds the minimum of a smooth convex function: L-BFGS (D. C. Liu and J. Nocedal, "On the limited memory BFGS method for large scale
/// optimization", Mathematical Programming 45, 1989) with steps that are halved until the function decreases enough (Armijo).
/// </summary>
internal static class Minimizer
{
    private const int Memory = 10, MostHalvings = 30;

    private const double Decrease = 1e-4;

    /// <summary>Computes the function and its gradient at a point.</summary>
    /// <param name="point">The point.</param>
    /// <param name="gradient">Gets the gradient.</param>
    /// <returns>The value of the function.</returns>
    public delegate double Function(ReadOnlySpan<double> point, Span<double> gradient);

    /// <summary>Searches from a point.</summary>
    /// <param name="function">The function.</param>
    /// <param name="point">Where the search begins; gets where it ends.</param>
    /// <param name="tolerance">The largest component of the gradient at which the search ends.</param>
    /// <param name="mostSteps">The most steps.</param>
    /// <param name="cancellation">Cancels the search.</param>
    /// <returns>The value of the function at the end.</returns>
    public static double Run(Function function, double[] point, double tolerance, int mostSteps, CancellationToken cancellation = default)
    {
        double[] gradient = new double[point.Length], next = new double[point.Length], nextGradient = new double[point.Length];
        double value = function(point, gradient);
        List<(double[] Step, double[] Change, double Curvature)> history = [];
        for (int step = 0; step < mostSteps && gradient.Max(Math.Abs) > tolerance; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            double[] direction = Direction(gradient, history);
            double slope = VectorMath.Dot(direction, gradient);
            double length = history.Count == 0 ? Math.Min(1, 1 / gradient.Sum(Math.Abs)) : 1;
            double nextValue = double.NaN;
            int halvings = 0;
            for (; halvings < MostHalvings; halvings++, length /= 2)
            {
                point.CopyTo(next, 0);
                VectorMath.AddScaled(length, direction, next);
                nextValue = function(next, nextGradient);
                if (nextValue <= value + Decrease * length * slope) break;
            }
            if (halvings == MostHalvings) return value;

            double[] moved = new double[point.Length], change = new double[point.Length];
            for (int i = 0; i < point.Length; i++) (moved[i], change[i]) = (next[i] - point[i], nextGradient[i] - gradient[i]);
            double curvature = VectorMath.Dot(moved, change);
            if (curvature > 1e-12 * VectorMath.Dot(change, change))
            {
                if (history.Count == Memory) history.RemoveAt(0);
                history.Add((moved, change, curvature));
            }
            next.CopyTo(point, 0);
            nextGradient.CopyTo(gradient, 0);
            value = nextValue;
        }
        return value;
    }

    /// <summary>The direction of descent: the negative gradient times the approximated inverse of the second derivatives.</summary>
    private static double[] Direction(double[] gradient, List<(double[] Step, double[] Change, double Curvature)> history)
    {
        double[] direction = [.. gradient.Select(static g => -g)];
        double[] weights = new double[history.Count];
        for (int i = history.Count - 1; i >= 0; i--)
        {
            weights[i] = VectorMath.Dot(history[i].Step, direction) / history[i].Curvature;
            VectorMath.AddScaled(-weights[i], history[i].Change, direction);
        }
        if (history.Count > 0)
        {
            double scale = history[^1].Curvature / VectorMath.Dot(history[^1].Change, history[^1].Change);
            for (int i = 0; i < direction.Length; i++) direction[i] *= scale;
        }
        for (int i = 0; i < history.Count; i++)
        {
            double back = VectorMath.Dot(history[i].Change, direction) / history[i].Curvature;
            VectorMath.AddScaled(weights[i] - back, history[i].Step, direction);
        }
        return direction;
    }
}
