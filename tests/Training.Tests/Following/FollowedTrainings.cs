using FineTune.Training;
using FineTune.Training.Following;

namespace Training.Tests.Following;

/// <summary>Trainings that are played, so that a test decides what they report and when.</summary>
internal static class FollowedTrainings
{
    /// <summary>The first message of a training of a spec.</summary>
    public static Began Began(string spec, string model = "App") => new(
        model, spec, DateTimeOffset.Now, "cpu", "fp32", 12, [new PlannedStage("warm-up", 3)]);

    /// <summary>Plays a training with progress files in a folder.</summary>
    public static void Play(string folder, string spec, Action<IProgressLog> train, string model = "App") =>
        ProgressFileLog.Run(folder, spec + ".safetensors", Began(spec, model), new RecordingLog(), train);
}
