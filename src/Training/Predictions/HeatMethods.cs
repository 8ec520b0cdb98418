namespace FineTune.Training.Predictions;

/// <summary>The words for the methods of explanations.</summary>
internal static class HeatMethods
{
    /// <summary>The word for a method.</summary>
    public static string WordOf(ExplanationMethod method) => method switch
    {
        ExplanationMethod.GradCam => "grad-cam",
        ExplanationMethod.AttentionRollout => "attention-rollout",
        _ => throw new ArgumentOutOfRangeException(nameof(method), method, null),
    };
}
