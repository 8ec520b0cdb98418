using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using FineTune.Training.Stages;
using ModelSpec.Diagnostics;
using ModelSpec.Text;

namespace FineTune.Training.Following;

/// <summary>A stage that a training is going to train.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Epochs">How many epochs it has.</param>
internal sealed record PlannedStage(string Name, int Epochs);

/// <summary>How a training ended.</summary>
internal enum TrainingOutcome
{
    /// <summary>The weights are trained and exported.</summary>
    Trained,

    /// <summary>It ended with an error.</summary>
    Failed,

    /// <summary>It was cancelled.</summary>
    Cancelled,
}

/// <summary>A message of a training to those who follow it: a line of its progress file.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Began), "began")]
[JsonDerivedType(typeof(Said), "line")]
[JsonDerivedType(typeof(Reported), "diagnostic")]
[JsonDerivedType(typeof(EpochEnded), "epoch")]
[JsonDerivedType(typeof(StepAdvanced), "step")]
[JsonDerivedType(typeof(Ended), "ended")]
internal abstract record ProgressMessage
{
    private static readonly JsonSerializerOptions Options = new()
    {
        // Only programs read it, but names are easier to find in it as they are.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>The message in one line, without its end.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Options);

    /// <summary>Reads a line; null if it is damaged or its kind is not known.</summary>
    public static ProgressMessage? Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize<ProgressMessage>(line, Options);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            return null;
        }
    }
}

/// <summary>The first message: what is trained.</summary>
/// <param name="Model">The name of the class.</param>
/// <param name="Spec">The full path of the spec.</param>
/// <param name="At">When it began.</param>
/// <param name="Device">The device, such as <c>cpu</c>.</param>
/// <param name="Precision"><c>fp32</c> or <c>bf16</c>.</param>
/// <param name="Images">How many training images there are.</param>
/// <param name="Stages">The stages that have no cached result, in order.</param>
internal sealed record Began(
    string Model, string Spec, DateTimeOffset At, string Device, string Precision, int Images, IReadOnlyList<PlannedStage> Stages) : ProgressMessage
{
    /// <summary>Whether it does the same amount of work in the same way as another training.</summary>
    public bool IsAsLongAs(Began other) => Device == other.Device && Precision == other.Precision && Images == other.Images && Stages.SequenceEqual(other.Stages);
}

/// <summary>A line of text.</summary>
internal sealed record Said(string Text) : ProgressMessage;

/// <summary>A warning or an error.</summary>
internal sealed record Reported(string Code, Severity Severity, string File, int Line, int Column, string Message) : ProgressMessage
{
    /// <summary>The message of a diagnostic.</summary>
    public static Reported Of(Diagnostic diagnostic) => new(
        diagnostic.Descriptor.Code, diagnostic.Descriptor.Severity, diagnostic.File, diagnostic.Span.Line, diagnostic.Span.Column, diagnostic.Message);

    /// <summary>The diagnostic, which is printed as the one that was reported.</summary>
    public Diagnostic ToDiagnostic() => new(new DiagnosticDescriptor(Code, Severity, "", "{0}"), File, new SourceSpan(0, 0, Line, Column, Line, Column), Message);
}

/// <summary>The end of an epoch.</summary>
internal sealed record EpochEnded(EpochProgress Progress) : ProgressMessage;

/// <summary>How far a long step is.</summary>
internal sealed record StepAdvanced(StepProgress Progress) : ProgressMessage;

/// <summary>The last message.</summary>
/// <param name="Outcome">How the training ended.</param>
/// <param name="Seconds">How long it took.</param>
internal sealed record Ended(TrainingOutcome Outcome, double Seconds) : ProgressMessage;
