using System.Text;
using System.Text.Json;
using FineTune.Files;
using FineTune.Pipeline;
using FineTune.Training.Cache;
using FineTune.Training.Diagnostics;
using FineTune.Training.Plugins;
using ModelSpec.Language;
using ModelSpec.Networks;

namespace FineTune.Training.Evaluators;

/// <summary>
/// Runs the evaluators of a spec on the answers of its trained network. Results are cached by their inputs, so a change of one evaluator runs only
/// that one. For each evaluator, the folder gets <c>NAME.json</c> with the figures, <c>NAME.txt</c> with the text, and its files in the folder
/// <c>NAME</c>; if a spec uses a word several times, a number is appended.
/// </summary>
/// <param name="spec">The spec.</param>
/// <param name="cache">The cached results.</param>
/// <param name="folder">The folder for the results.</param>
/// <param name="log">Receives the results.</param>
internal sealed class EvaluatorStage(SpecSource spec, EvaluationCache cache, string folder, IProgressLog log)
{
    private string[] Classes => [.. spec.Network.Classes.Select(static c => c.Text)];

    /// <summary>Runs the evaluators that have no cached result.</summary>
    /// <param name="weights">The digest of the trained weights.</param>
    /// <param name="answers">Returns the answers of the network with these weights; called only if an evaluator has to run. Its result is null if they cannot be computed on this machine.</param>
    /// <param name="cancellation">Cancels an evaluator.</param>
    /// <exception cref="TrainingException">An evaluator failed, or its files cannot be written.</exception>
    public void Run(string weights, Func<TestAnswers?> answers, CancellationToken cancellation)
    {
        var known = new Lazy<TestAnswers?>(answers);
        Dictionary<string, int> uses = new(StringComparer.Ordinal);
        foreach (PartSection section in spec.Spec.Evaluators)
        {
            var place = new PartPlace(spec, section);
            RegisteredPart<IEvaluator> evaluator = spec.Parts.Find<IEvaluator>(section.Use.Word);
            int number = uses[section.Use.Word] = uses.GetValueOrDefault(section.Use.Word) + 1;
            string stamp = PartStamp.Of(section.Use, evaluator, weights, string.Join('\n', Classes));
            EvaluatorResult? result = cache.Find(stamp);
            if (result is null)
            {
                if (known.Value is null)
                {
                    log.Line($"{spec.Network.ClassName}: {section.Use.Word} is skipped: the dataset '{spec.Plan.Source}' is not on this machine");
                    continue;
                }
                result = Run(evaluator, place, known.Value, cancellation);
                cache.Save(stamp, result);
                Tell(section.Use.Word, result);
            }
            Write(number == 1 ? section.Use.Word : FormattableString.Invariant($"{section.Use.Word}-{number}"), result, place);
        }
    }

    /// <summary>Runs one evaluator.</summary>
    /// <exception cref="TrainingException">It failed.</exception>
    public EvaluatorResult Run(RegisteredPart<IEvaluator> evaluator, PartPlace place, TestAnswers answers, CancellationToken cancellation)
    {
        var context = new EvaluateContext
        {
            Folder = spec.Folder,
            Classes = Classes,
            Values = place.Values,
            Report = new PartReport(place, log),
            Cancellation = cancellation,
            Images = answers.Images,
            Labels = answers.Labels,
            Logits = answers.Logits,
        };
        EvaluatorResult result = PartCall.Run(evaluator, place, () => evaluator.Part.Evaluate(context), cancellation);
        cancellation.ThrowIfCancellationRequested();
        return Fault(result) is { } fault
            ? throw place.At(null).Error(TrainingDiagnostics.BrokenContract, evaluator.Title, evaluator.Plugin.Name, fault)
            : result;
    }

    private static string? Fault(EvaluatorResult result)
    {
        if (result.Figures.GroupBy(static figure => figure.Key).FirstOrDefault(static group => group.Skip(1).Any()) is { } figures)
        {
            return $"two figures are called '{figures.Key}'.";
        }
        string[] names = [.. (result.Files ?? []).Select(static file => file.Key)];
        if (names.FirstOrDefault(static name => name.Length == 0 || name is "." or ".." || name != Path.GetFileName(name) || name.Contains('\\', StringComparison.Ordinal)) is { } path)
        {
            return $"'{path}' is not a plain file name.";
        }
        return names.Distinct(StringComparer.OrdinalIgnoreCase).Count() < names.Length ? "two files have one name." : null;
    }

    private void Tell(string word, EvaluatorResult result)
    {
        if (result.Figures.Count > 0)
        {
            log.Line($"{spec.Network.ClassName}: {word}: " + string.Join(", ", result.Figures.Select(static figure => FormattableString.Invariant($"{figure.Key} {figure.Value:0.####}"))));
        }
        if (result.Text.Length > 0) log.Line(result.Text);
    }

    private void Write(string name, EvaluatorResult result, PartPlace place)
    {
        try
        {
            Write($"{name}.json", Json(result));
            if (result.Text.Length > 0) Write($"{name}.txt", Encoding.UTF8.GetBytes(result.Text));
            foreach ((string file, ReadOnlyMemory<byte> content) in result.Files ?? []) Write(Path.Combine(name, file), content);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw place.At(null).Error(e, TrainingDiagnostics.CannotWrite, Path.Combine(folder, name), ExceptionText.Sentence(e.Message));
        }
    }

    /// <summary>Builds compare file times, so a file with the right content is not written again.</summary>
    private void Write(string name, ReadOnlyMemory<byte> content)
    {
        string path = Path.Combine(folder, name);
        if (File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(content.Span)) return;
        AtomicFile.Write(path, stream => stream.Write(content.Span), durable: false);
    }

    private static byte[] Json(EvaluatorResult result)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            foreach ((string figure, double value) in result.Figures)
            {
                if (double.IsFinite(value)) json.WriteNumber(figure, value);
                else json.WriteNull(figure);
            }
            json.WriteEndObject();
        }
        return buffer.ToArray();
    }
}
