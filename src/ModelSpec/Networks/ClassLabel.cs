namespace ModelSpec.Networks;

/// <summary>A class of the classifier: the text of the spec and the enum member made from it.</summary>
public sealed record ClassLabel(string Text, string Member);
