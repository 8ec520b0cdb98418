using System.Reflection;
using FineTune.Pipeline;
using FineTune.Training.Diagnostics;
using FineTune.Training.Locks;
using McMaster.NETCore.Plugins;
using AssemblyLoader = McMaster.NETCore.Plugins.PluginLoader;

namespace FineTune.Training.Plugins;

/// <summary>
/// Loads the assembly of a plugin into a separate load context. Each plugin has its own dependencies, whatever versions the trainer and other
/// plugins use. Only the contracts are shared.
/// </summary>
internal static class PluginLoader
{
    /// <summary>Loads a plugin and lets it register its parts.</summary>
    /// <param name="path">The full path of the assembly.</param>
    /// <param name="location">The position that errors are reported at.</param>
    /// <returns>The plugin, and its parts in the order of registration.</returns>
    /// <exception cref="TrainingException">It cannot be loaded, is not a plugin, was built for other contracts, or fails to register.</exception>
    public static (PluginSource Source, IReadOnlyList<IPipelinePart> Parts) Load(string path, SpecLocation location)
    {
        if (!File.Exists(path)) throw location.Error(TrainingDiagnostics.CannotLoadPlugin, path, "the file does not exist.");
        (Assembly assembly, PluginSource source) = LoadAssembly(path, location);
        Type type = FindEntry(assembly, path, location);
        var parts = new PartCollector();
        try
        {
            if (Activator.CreateInstance(type) is not PipelinePlugin plugin)
            {
                throw location.Error(TrainingDiagnostics.NotAPlugin, path, $"{type.FullName}, which its attribute names, does not derive from PipelinePlugin.");
            }
            plugin.Register(parts);
        }
        catch (Exception e) when (e is not TrainingException)
        {
            Exception cause = e is TargetInvocationException { InnerException: { } inner } ? inner : e;
            throw location.Error(cause, TrainingDiagnostics.RegisterFailed, path, ExceptionText.Of(cause));
        }
        return (source, parts.Parts);
    }

    private static (Assembly Assembly, PluginSource Source) LoadAssembly(string path, SpecLocation location)
    {
        try
        {
            // The loader lives as long as the loaded assembly: the load context exists until the process ends.
            AssemblyLoader loader = AssemblyLoader.CreateFromAssemblyFile(path, [typeof(PipelinePlugin)], static config => config.IsUnloadable = false);
            return (loader.LoadDefaultAssembly(), new PluginSource(path, FileDigests.Compute(path)));
        }
        catch (Exception e) when (e is BadImageFormatException or IOException or UnauthorizedAccessException or InvalidOperationException or FormatException)
        {
            throw location.Error(e, TrainingDiagnostics.CannotLoadPlugin, path, ExceptionText.Sentence(e.Message));
        }
    }

    /// <summary>The class that the attribute names. The version is read first, because loading the class needs the right contracts.</summary>
    private static Type FindEntry(Assembly assembly, string path, SpecLocation location)
    {
        try
        {
            CustomAttributeData attribute = assembly.GetCustomAttributesData().FirstOrDefault(static a => a.AttributeType == typeof(PipelinePluginAttribute))
                ?? throw location.Error(TrainingDiagnostics.NotAPlugin, path, "it has no [assembly: PipelinePlugin(typeof(…))].");
            int version = (int)attribute.ConstructorArguments[1].Value!;
            if (version != PipelinePlugin.ContractVersion)
            {
                throw location.Error(TrainingDiagnostics.OtherContracts, path, version, PipelinePlugin.ContractVersion);
            }
            return (Type)attribute.ConstructorArguments[0].Value!;
        }
        catch (Exception e) when (e is IOException or TypeLoadException or MissingMethodException or BadImageFormatException)
        {
            throw location.Error(e, TrainingDiagnostics.CannotLoadPlugin, path, ExceptionText.Sentence(e.Message));
        }
    }
}
