using System.Text;
using FineTune.Training.Diagnostics;
using FineTune.Training.Locks;
using ModelSpec.Locks;
using static TorchSharp.torch;

namespace FineTune.Training.Ranks;

/// <summary>Compares what the ranks are about to train, before they train it: a difference would give wrong weights, or let ranks wait for each other.</summary>
internal static class RankFacts
{
    /// <summary>Checks that all ranks have the same inputs, programs and settings.</summary>
    /// <param name="ranks">The ranks.</param>
    /// <param name="inputs">The inputs of this rank.</param>
    /// <param name="spec">The spec, at whose name a difference is reported.</param>
    /// <exception cref="TrainingException">A rank differs.</exception>
    public static void Compare(ICollectives ranks, TrainingInputs inputs, SpecSource spec)
    {
        if (ranks.Size == 1) return;
        string[] own =
        [
            .. inputs.Facts.Select(static fact => $"{fact.Name} = {fact.Value}").Order(StringComparer.Ordinal),
            $"trainer = {typeof(RankFacts).Assembly.ManifestModule.ModuleVersionId}",
            $"threads = {get_num_threads()}",
        ];
        IReadOnlyList<byte[]> all = ranks.Gather(Encoding.UTF8.GetBytes(string.Join('\n', own)));
        string[] first = Encoding.UTF8.GetString(all[0]).Split('\n');
        for (int rank = 1; rank < all.Count; rank++)
        {
            string[] other = Encoding.UTF8.GetString(all[rank]).Split('\n');
            if (other.SequenceEqual(first)) continue;
            string here = first.Except(other).FirstOrDefault() ?? "nothing more", there = other.Except(first).FirstOrDefault() ?? "nothing more";
            throw spec.Name.Error(TrainingDiagnostics.RanksDiffer, rank, ranks.Places[rank], there, here, ranks.Places[0]);
        }
    }
}
