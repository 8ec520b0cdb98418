namespace ModelSpec.Language;

/// <summary>A split that the dataset's publisher offers. Which images it has is known only to the importer.</summary>
/// <param name="Number">The number of the split, from 1.</param>
public sealed record OfficialSplit(int Number) : Split;
