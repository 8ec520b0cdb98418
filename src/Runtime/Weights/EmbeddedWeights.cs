using System.Reflection;

namespace FineTune.Weights;

/// <summary>The trained weights that a build embedded into an assembly.</summary>
internal static class EmbeddedWeights
{
    /// <summary>Opens the resource.</summary>
    /// <param name="assembly">The assembly.</param>
    /// <param name="resource">The resource's name.</param>
    /// <param name="classifier">The class that the weights are for.</param>
    /// <exception cref="InvalidOperationException">The assembly was built without trained weights.</exception>
    public static Stream Open(Assembly assembly, string resource, string classifier)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        return assembly.GetManifestResourceStream(resource) ?? throw new InvalidOperationException(
            $"{assembly.GetName().Name} was built without trained weights for {classifier}. Train them with 'dotnet build -p:TrainModel=true'.");
    }

    /// <summary>What messages call the resource.</summary>
    public static string Describe(Assembly assembly) => $"The weights embedded in {assembly.GetName().Name}";
}
