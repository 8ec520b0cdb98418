using Microsoft.CodeAnalysis;

namespace ModelSpec.Generator.Models;

/// <summary>What a project references of .NET's service packages, which decides how its classifiers can be registered.</summary>
/// <param name="HasDependencyInjection">Whether there are service collections.</param>
/// <param name="HasHosting">Whether there are hosts, which start services.</param>
/// <param name="HasHealthChecks">Whether there are health checks.</param>
internal sealed record ServiceTypes(bool HasDependencyInjection, bool HasHosting, bool HasHealthChecks)
{
    /// <summary>What a compilation references.</summary>
    public static ServiceTypes Of(Compilation compilation) => new(
        Has(compilation, "Microsoft.Extensions.DependencyInjection.ServiceCollectionServiceExtensions"),
        Has(compilation, "Microsoft.Extensions.Hosting.IHostedService"),
        Has(compilation, "Microsoft.Extensions.DependencyInjection.HealthCheckServiceCollectionExtensions"));

    private static bool Has(Compilation compilation, string type) => compilation.GetTypeByMetadataName(type) is not null;
}
