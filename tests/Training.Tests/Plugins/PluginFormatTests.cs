using FineTune.Pipeline;
using FineTune.Training.Diagnostics;
using FineTune.Training.Plugins;
using FineTune.Training.WeightFormats;
using FineTune.Training.Weights;
using ModelSpec.Diagnostics;

namespace Training.Tests.Plugins;

public class PluginFormatTests
{
    [Fact]
    public void A_weight_format_of_a_plugin_is_read()
    {
        using TinyProject project = new();
        project.Write("w.plain", "plain;\nweight;2 2;1 2 3 4\nbias;2;5 6.5\n");

        using IWeightFile file = WeightFiles.Open(project["w.plain"], PluginCompiler.WithTestPlugin(), PluginCompiler.Location, CancellationToken.None);

        Assert.Equal([("weight", "2x2"), ("bias", "2")], file.Tensors.Select(static t => (t.Name, string.Join('x', t.Shape))));
        Assert.Equal([5, 6.5f], file.Read("bias"));
    }

    [Fact]
    public void A_fault_of_a_weight_format_names_the_plugin()
    {
        using TinyProject project = new();
        project.Write("w.plain", "plain;\nweight;2 2;1 2 x 4\n");
        using IWeightFile file = WeightFiles.Open(project["w.plain"], PluginCompiler.WithTestPlugin(), PluginCompiler.Location, CancellationToken.None);

        string message = Assert.Throws<InvalidDataException>(() => file.Read("weight")).Message;

        Assert.Contains("format 'plain' of the plugin TestPlugin.dll failed: FormatException", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_weight_format_that_does_not_return_after_a_cancellation_is_abandoned_and_named()
    {
        using var hanging = new HangingFormat();
        using var cancellation = new CancellationTokenSource();
        PluginFormat format = Format(hanging, TimeSpan.FromMilliseconds(1), cancellation.Token);
        PluginWeightFile file = PluginWeightFile.Open(format, Stream.Null);
        Task<float[]> call = Task.Run(() => file.Read("weight"), CancellationToken.None);
        hanging.Begun.Wait(TestContext.Current.CancellationToken);

        await cancellation.CancelAsync();

        Diagnostic diagnostic = (await Assert.ThrowsAsync<TrainingException>(() => call)).Diagnostic;
        Assert.Equal("MSPEC3058", diagnostic.Descriptor.Code);
        Assert.Contains("format 'hanging' of the plugin Hanging.dll", diagnostic.Message, StringComparison.Ordinal);
        // Its thread may still read the file.
        file.Dispose();
        Assert.False(hanging.IsDisposed);
    }

    [Fact]
    public async Task A_weight_format_that_returns_after_a_cancellation_is_cancelled_like_everything_else()
    {
        using var hanging = new HangingFormat();
        using var cancellation = new CancellationTokenSource();
        PluginFormat format = Format(hanging, TimeSpan.FromMinutes(1), cancellation.Token);
        PluginWeightFile file = PluginWeightFile.Open(format, Stream.Null);
        Task<float[]> call = Task.Run(() => file.Read("weight"), CancellationToken.None);
        hanging.Begun.Wait(TestContext.Current.CancellationToken);

        await cancellation.CancelAsync();
        hanging.Never.Set();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.False(format.IsAbandoned);
    }

    private static PluginFormat Format(IWeightFormat format, TimeSpan grace, CancellationToken cancellation) =>
        new(new(format, new PluginSource("Hanging.dll", "")), PluginCompiler.Location, grace, cancellation);

    /// <summary>A format that opens every file, and whose tensor is never read to its end.</summary>
    private sealed class HangingFormat : IWeightFormat, IWeightFile
    {
        public ManualResetEventSlim Begun { get; } = new();

        public ManualResetEventSlim Never { get; } = new();

        public bool IsDisposed { get; private set; }

        public string Name => "hanging";

        public int Revision => 1;

        public IReadOnlyList<string> Extensions => [".hanging"];

        public IReadOnlyList<WeightTensor> Tensors => [new("weight", ElementType.Float32, [1])];

        public bool Recognizes(ReadOnlySpan<byte> start, Stream file) => true;

        public IWeightFile Open(Stream stream) => this;

        public float[] Read(string name)
        {
            Begun.Set();
            Never.Wait();
            return [1];
        }

        void IDisposable.Dispose()
        {
            Never.Set();
            IsDisposed = true;
        }
    }
}
