namespace FineTune.Pipeline;

/// <summary>
/// The entry of a plugin's assembly: <c>[assembly: PipelinePlugin(typeof(MyPlugin))]</c>. The class has a constructor without parameters.
/// </summary>
/// <param name="type">The class, which derives from <see cref="PipelinePlugin"/>.</param>
/// <param name="contractVersion">Leave it out: the compiler fills in the number of the contracts that the plugin is built against.</param>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class PipelinePluginAttribute(Type type, int contractVersion = PipelinePlugin.ContractVersion) : Attribute
{
    /// <summary>The class.</summary>
    public Type Type => type;

    /// <summary>The <see cref="PipelinePlugin.ContractVersion"/> that the plugin was built against.</summary>
    public int ContractVersion => contractVersion;
}

/// <summary>What a plugin brings. The built-in parts are one, too.</summary>
public abstract class PipelinePlugin
{
    /// <summary>The number of these contracts. A plugin that was built for another one is refused.</summary>
    public const int ContractVersion = 1;

    /// <summary>Adds the plugin's parts.</summary>
    public abstract void Register(IPipelineBuilder pipeline);
}

/// <summary>Takes the parts of a plugin.</summary>
public interface IPipelineBuilder
{
    /// <summary>Adds a part: an <see cref="IDatasetImporter"/>, <see cref="IImageProcessor"/>, <see cref="IWeightFormat"/>, <see cref="IEvaluator"/> or <see cref="IModelExporter"/>.</summary>
    /// <returns>The builder.</returns>
    IPipelineBuilder Add(IPipelinePart part);
}
