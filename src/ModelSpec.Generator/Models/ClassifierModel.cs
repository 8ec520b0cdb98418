using System.Globalization;
using ModelSpec.Layers;
using ModelSpec.Locks;
using ModelSpec.Networks;
using ModelSpec.Plans;
using ModelSpec.Text;

namespace ModelSpec.Generator.Models;

/// <summary>
/// Everything that a generated class depends on, and nothing else: as long as it is equal, nothing is emitted again. Settings that only affect
/// training, such as data, epochs and optimizers, are not part of it.
/// </summary>
/// <param name="ClassName">The class.</param>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Classes">The labels in the order of the outputs.</param>
/// <param name="Backbone">The backbone's name, for the documentation.</param>
/// <param name="Preprocessing">How pixels are normalised.</param>
/// <param name="Preparation">How images are resized before they are cropped to the centre; null if they just cover the input.</param>
/// <param name="Layers">Every layer in order: the backbone's, then the head's.</param>
/// <param name="BodyLength">How many of them are the backbone's.</param>
/// <param name="LayersDigest">The digest of the layers, which weight files contain, too.</param>
/// <param name="Mirror">Whether predictions also evaluate the mirrored image.</param>
/// <param name="FreezePoints">The first layer that learns in each training stage.</param>
/// <param name="Resource">The name of the embedded weights.</param>
/// <param name="SpecName">The spec's file name without its extension, for the file header.</param>
/// <param name="Engine">The engine of the class.</param>
/// <param name="Services">What the project references of .NET's service packages.</param>
internal sealed record ClassifierModel(
    string ClassName, string Namespace, EquatableArray<ClassLabel> Classes, string Backbone, Preprocessing Preprocessing,
    ImagePreparation? Preparation, EquatableArray<Layer> Layers, int BodyLength, string LayersDigest, bool Mirror, EquatableArray<FreezePoint> FreezePoints, string Resource, string SpecName,
    Engine Engine, ServiceTypes Services)
{
    /// <summary>The label enum's name: <c>FlowerClassifier</c> has the labels <c>FlowerLabel</c>.</summary>
    public string LabelName
    {
        get
        {
            const string suffix = "Classifier";
            bool cut = ClassName.Length > suffix.Length && ClassName.EndsWith(suffix, StringComparison.Ordinal);
            return (cut ? ClassName.Substring(0, ClassName.Length - suffix.Length) : ClassName) + "Label";
        }
    }

    /// <summary>The name of the class that registers the classifier with dependency injection.</summary>
    public string ExtensionsName => ClassName + "ServiceCollectionExtensions";

    /// <summary>The full name of the class.</summary>
    public string FullName => Namespace + "." + ClassName;

    /// <summary>The full names of all types that are generated.</summary>
    public EquatableArray<string> TypeNames => Services.HasDependencyInjection
        ? [FullName, $"{Namespace}.{LabelName}", $"{Namespace}.{ExtensionsName}"]
        : [FullName, $"{Namespace}.{LabelName}"];

    /// <summary>The input's height in pixels.</summary>
    public int InputHeight => Layers[0].Output.Height;

    /// <summary>The input's width in pixels.</summary>
    public int InputWidth => Layers[0].Output.Width;

    /// <summary>The length of the features before the head.</summary>
    public int EmbeddingLength => Layers[BodyLength - 1].Output.Channels;

    /// <summary>The backbone's layers.</summary>
    public IEnumerable<Layer> Body => Layers.Take(BodyLength);

    /// <summary>The head's layers.</summary>
    public IEnumerable<Layer> Head => Layers.Skip(BodyLength);

    /// <summary>Takes from a plan what its class depends on: the network, and the first layer that learns in each stage.</summary>
    public static ClassifierModel Create(TrainingPlan plan, string ns, string resource, string specName, Engine engine, ServiceTypes services)
    {
        Network network = plan.Network;
        return new ClassifierModel(
            network.ClassName, ns, network.Classes, network.Backbone, network.Preprocessing, network.Preparation, network.Layers, network.BodyLength,
            LayerFacts.DigestLayers(network), network.Mirror, FindFreezePoints(plan), resource, specName, engine, services);
    }

    private static EquatableArray<FreezePoint> FindFreezePoints(TrainingPlan plan)
    {
        // The name of the containing class and the members of object are reserved.
        var taken = new HashSet<string>(StringComparer.Ordinal)
        {
            "FreezePoints", "Equals", "Finalize", "GetHashCode", "GetType", "MemberwiseClone", "ReferenceEquals", "ToString",
        };
        List<FreezePoint> points = [];
        foreach (Stage stage in plan.Stages)
        {
            string member = Identifiers.ToPascalCase(stage.Name);
            string numbered = string.Format(CultureInfo.InvariantCulture, "Stage{0}", points.Count + 1);
            if (member.Length == 0 || taken.Contains(member)) member = numbered;
            while (!taken.Add(member)) member += "_";
            Layer first = plan.Network.Layers.First(stage.Trains);
            points.Add(new FreezePoint(stage.Name, member, first.Name, first.Index));
        }
        return points.ToEquatableArray();
    }
}

/// <summary>The first layer that learns in a training stage.</summary>
/// <param name="Stage">The stage's name.</param>
/// <param name="Member">The member of the generated class.</param>
/// <param name="LayerName">The first layer that learns.</param>
/// <param name="LayerIndex">Its index.</param>
internal sealed record FreezePoint(string Stage, string Member, string LayerName, int LayerIndex);
