using ModelSpec.Generator.Models;

namespace ModelSpec.Generator.Emit;

/// <summary>Writes how a classifier is registered with dependency injection, and with hosts and health checks where a project has them.</summary>
internal static class ServicesEmitter
{
    private const string Services = "global::Microsoft.Extensions.DependencyInjection.";
    private const string Health = "global::Microsoft.Extensions.Diagnostics.HealthChecks.";
    private const string Hosting = "global::Microsoft.Extensions.Hosting.";
    private const string Token = "global::System.Threading.CancellationToken";
    private const string Task = "global::System.Threading.Tasks.Task";

    /// <summary>Writes the extension class, and the types that it registers.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="model">The classifier.</param>
    /// <param name="attribute">The attribute of generated types.</param>
    public static void Emit(SourceWriter writer, ClassifierModel model, string attribute)
    {
        writer.Line();
        EmitRegistration(writer, model, attribute);
        if (model.Services.HasHosting)
        {
            writer.Line();
            EmitWarmUp(writer, model, attribute);
        }
        if (model.Services.HasHealthChecks)
        {
            writer.Line();
            EmitHealthCheck(writer, model, attribute);
        }
    }

    private static void EmitRegistration(SourceWriter writer, ClassifierModel model, string attribute)
    {
        string name = model.ClassName, contract = $"FineTune::IImageClassifier<{model.LabelName}>";
        writer.Summary($"Registers <see cref=\"{name}\"/> with dependency injection.");
        writer.Line(attribute);
        using SourceWriter.Block block = writer.Open($"public static class {model.ExtensionsName}");
        writer.Line("/// <summary>");
        writer.Line($"/// Adds one <see cref=\"{name}\"/> for the whole application, as itself and as <c>IImageClassifier&lt;{model.LabelName}&gt;</c>, which");
        if (model.Engine == Engine.Torch)
        {
            writer.Line($"/// sends images of several callers through the network together, and as <c>IImageExplainer&lt;{model.LabelName}&gt;</c>, which shows where answers");
            writer.Line("/// come from. " + Remark(model.Services));
        }
        else
        {
            writer.Line("/// sends images of several callers through the network together. " + Remark(model.Services));
        }
        writer.Line("/// </summary>");
        writer.Line("/// <param name=\"services\">The services of the application.</param>");
        writer.Line("/// <param name=\"configure\">Changes the options; null for the defaults.</param>");
        using (writer.Open(
            $"public static {Services}IServiceCollection Add{name}(\n"
            + $"        this {Services}IServiceCollection services,\n"
            + "        global::System.Action<FineTune::ClassifierServiceOptions>? configure = null)"))
        {
            const string add = Services + "ServiceCollectionServiceExtensions.AddSingleton";
            writer.Line("var options = new FineTune::ClassifierServiceOptions();");
            writer.Line("configure?.Invoke(options);");
            writer.Line($"{add}(services, _ => options.WeightsPath is null ? {name}.Load(options.Load) : {name}.Load(options.WeightsPath, options.Load));");
            writer.Line($"{add}<{contract}>(");
            writer.Line("    services,");
            writer.Line($"    provider => options.Create<{model.LabelName}>({Services}ServiceProviderServiceExtensions.GetRequiredService<{name}>(provider)));");
            if (model.Engine == Engine.Torch)
            {
                writer.Line($"{add}<FineTune::IImageExplainer<{model.LabelName}>>(");
                writer.Line("    services,");
                writer.Line($"    static provider => {Services}ServiceProviderServiceExtensions.GetRequiredService<{name}>(provider));");
            }
            if (model.Services.HasHosting)
            {
                writer.Line($"if (options.WarmUp) {add}<{Hosting}IHostedService>(services, static provider => new {WarmUp(model)}(provider));");
            }
            if (model.Services.HasHealthChecks)
            {
                writer.Line($"{Services}HealthChecksBuilderAddCheckExtensions.AddCheck<{HealthCheck(model)}>(");
                writer.Line($"    {Services}HealthCheckServiceCollectionExtensions.AddHealthChecks(services),");
                writer.Line($"    {SourceWriter.Quote(name)});");
            }
            writer.Line("return services;");
        }
    }

    private static string Remark(ServiceTypes services) => (services.HasHosting, services.HasHealthChecks) switch
    {
        (true, true) => "A host loads it when it starts, and a health check looks whether it answers.",
        (true, false) => "A host loads it when it starts.",
        (false, true) => "It is loaded when it is first asked for, and a health check looks whether it answers.",
        _ => "It is loaded when it is first asked for.",
    };

    private static string WarmUp(ClassifierModel model) => model.ClassName + "WarmUp";

    private static string HealthCheck(ClassifierModel model) => model.ClassName + "HealthCheck";

    private static void EmitWarmUp(SourceWriter writer, ClassifierModel model, string attribute)
    {
        writer.Summary($"Loads <see cref=\"{model.ClassName}\"/> before a host serves its first request.");
        writer.Line(attribute);
        using SourceWriter.Block block = writer.Open($"file sealed class {WarmUp(model)}(global::System.IServiceProvider provider) : {Hosting}IHostedService");
        using (writer.Open($"public {Task} StartAsync({Token} cancellationToken)"))
        {
            writer.Line($"return {Task}.Run(");
            writer.Line($"    () => _ = {Services}ServiceProviderServiceExtensions.GetRequiredService<FineTune::IImageClassifier<{model.LabelName}>>(provider),");
            writer.Line("    cancellationToken);");
        }
        writer.Line();
        using (writer.Open($"public {Task} StopAsync({Token} cancellationToken)"))
        {
            writer.Line($"return {Task}.CompletedTask;");
        }
    }

    private static void EmitHealthCheck(SourceWriter writer, ClassifierModel model, string attribute)
    {
        writer.Summary($"Looks whether <see cref=\"{model.ClassName}\"/> answers.");
        writer.Line(attribute);
        using SourceWriter.Block block = writer.Open(
            $"file sealed class {HealthCheck(model)}(FineTune::IImageClassifier<{model.LabelName}> classifier) : {Health}IHealthCheck");
        using (writer.Open(
            $"public async {Task}<{Health}HealthCheckResult> CheckHealthAsync(\n"
            + $"        {Health}HealthCheckContext context,\n"
            + $"        {Token} cancellationToken)"))
        {
            writer.Line("try");
            writer.Line("{");
            writer.Line("    // One black pixel.");
            writer.Line($"    await {Task}.Run(() => _ = classifier.Predict(new byte[3], 1, 1), cancellationToken).ConfigureAwait(false);");
            writer.Line($"    return {Health}HealthCheckResult.Healthy();");
            writer.Line("}");
            writer.Line("catch (global::System.Exception exception) when (exception is not global::System.OperationCanceledException)");
            writer.Line("{");
            writer.Line($"    return new {Health}HealthCheckResult(context.Registration.FailureStatus, exception.Message, exception);");
            writer.Line("}");
        }
    }
}
