namespace FineTune.Training.Doctor;

/// <summary>How a check of a machine ended.</summary>
internal enum Verdict
{
    /// <summary>A fact, or a check that passed.</summary>
    Ok,

    /// <summary>Something works, but not as well as it could.</summary>
    Warning,

    /// <summary>Something does not work.</summary>
    Error,
}

/// <summary>One thing that <c>finetune doctor</c> has looked at.</summary>
/// <param name="Topic">What it belongs to, such as <c>libtorch</c>.</param>
/// <param name="Name">What was looked at.</param>
/// <param name="Value">What was found.</param>
/// <param name="Verdict">Whether that is good.</param>
/// <param name="Advice">What can be done about it, or null.</param>
internal sealed record Finding(string Topic, string Name, string Value, Verdict Verdict = Verdict.Ok, string? Advice = null);
