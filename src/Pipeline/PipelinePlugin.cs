namespace FineTune.Pipeline;

/// <summary>
/// Names the entry class of a plugin's assembly: <c>[assembly: PipelinePlugin(typeof(MyPlugin))]</c>. The class needs a constructor without parameters.
/// </summary>
/// <param name="type">The class, which derives from <see cref="PipelinePlugin"/>.</param>
/// <param name="contractVersion">Leave it out: the compiler fills in the version of the contracts that the plugin is built against.</param>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class PipelinePluginAttribute(Type type, int contractVersion = PipelinePlugin.ContractVersion) : Attribute
{
    /// <summary>The class.</summary>
    public Type Type => type;

    /// <summary>The <see cref="PipelinePlugin.ContractVersion"/> that the plugin was built against.</summary>
    public int ContractVersion => contractVersion;
}

/// <summary>The entry class of a plugin, which registers its parts. The built-in parts are registered by one, too.</summary>
public abstract class PipelinePlugin
{
    /// <summary>The version of these contracts. A plugin that was built for another version is refused.</summary>
    public const int ContractVersion = 1;

    /// <summary>Adds the plugin's parts.</summary>
    public abstract void Register(IPipelineBuilder pipeline);
}

/// <summary>Receives the parts of a plugin.</summary>
public interface IPipelineBuilder
{
    /// <summary>Adds a part: an <see cref="IDatasetImporter"/>, <see cref="IImageProcessor"/>, <see cref="IWeightFormat"/>, <see cref="IEvaluator"/> or <see cref="IModelExporter"/>.</summary>
    /// <returns>The builder.</returns>
    IPipelineBuilder Add(IPipelinePart part);
}
