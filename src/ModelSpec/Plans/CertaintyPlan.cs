namespace ModelSpec.Plans;

/// <summary>
/// What the trained network learns from validation images about its own answers, after the last stage. The trained tensors do not depend on
/// it.
/// </summary>
/// <param name="Calibrate">Whether a temperature for the logits is fitted.</param>
/// <param name="Accept">The share of certain answers that shall be right, in (0, 1), or null.</param>
/// <param name="Outside">Folders with images of none of the classes, relative to the spec: how many of them are refused is reported.</param>
public sealed record CertaintyPlan(bool Calibrate, double? Accept, EquatableArray<string> Outside)
{
    /// <summary>Nothing.</summary>
    public static CertaintyPlan None { get; } = new(false, null, []);

    /// <summary>Whether there is nothing to learn.</summary>
    public bool IsEmpty => !Calibrate && Accept is null && Outside.Count == 0;
}
