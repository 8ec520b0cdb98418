using ModelSpec.Networks;

namespace ModelSpec.Generator.Models;

/// <summary>Everything that a generated class depends on, and nothing else: where it is equal, nothing is emitted again.</summary>
/// <param name="Network">The network.</param>
/// <param name="Namespace">The namespace of the class.</param>
/// <param name="Resource">The name of the embedded weights.</param>
/// <param name="SpecName">The spec's file name, for the file header and the hint name.</param>
/// <param name="HasDependencyInjection">Whether the project references dependency injection.</param>
internal sealed record ClassifierModel(Network Network, string Namespace, string Resource, string SpecName, bool HasDependencyInjection)
{
    /// <summary>The label enum's name: <c>FlowerClassifier</c> has the labels <c>FlowerLabel</c>.</summary>
    public string LabelName
    {
        get
        {
            const string suffix = "Classifier";
            string name = Network.ClassName;
            bool cut = name.Length > suffix.Length && name.EndsWith(suffix, StringComparison.Ordinal);
            return (cut ? name.Substring(0, name.Length - suffix.Length) : name) + "Label";
        }
    }

    /// <summary>The full name of the class.</summary>
    public string FullName => Namespace + "." + Network.ClassName;
}
