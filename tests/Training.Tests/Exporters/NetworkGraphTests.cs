using FineTune.Pipeline;
using FineTune.Training.Exporters;
using ModelSpec.Layers;
using ModelSpec.Networks;
using Training.Tests.Modules;

namespace Training.Tests.Exporters;

public class NetworkGraphTests
{
    [Fact]
    public void Random_networks_become_operations_in_order_that_use_every_tensor_once()
    {
        for (int seed = 1; seed <= 200; seed++)
        {
            Network network = RandomNetworks.Draw(seed).Network;

            NetworkGraph graph = NetworkGraphs.Of(network);

            Assert.IsType<InputOperation>(graph.Nodes[0].Operation);
            Assert.IsType<SoftmaxOperation>(graph.Nodes[^1].Operation);
            Assert.Equal([graph.Logits], graph.Nodes[^1].Inputs);
            Assert.All(graph.Nodes, (node, index) => Assert.All(node.Inputs, input => Assert.InRange(input, 0, index - 1)));
            Assert.Equal(graph.Nodes.Count, graph.Nodes.Select(static node => node.Name).Distinct().Count());
            Assert.Equal(
                network.Layers.SelectMany(static layer => layer.State.Select(layer.KeyOf)).Order(StringComparer.Ordinal),
                graph.Nodes.SelectMany(static node => Keys(node.Operation)).Order(StringComparer.Ordinal));
            Assert.Equal([3], graph.Nodes[graph.Logits].Shape);
            Assert.Equal(network.Layers[network.BodyLength - 1].Output.Sizes.Select(static size => (long)size), graph.Nodes[graph.Embedding].Shape);
        }
    }

    [Fact]
    public void Dropout_is_left_out_and_what_follows_reads_what_it_read()
    {
        using var project = new TinyProject();

        NetworkGraph graph = NetworkGraphs.Of(project.Read().Network);

        Assert.Equal(
            ["input", "conv1", "bn1", "relu1", "pool1", "conv2/pad", "conv2", "conv2/relu", "head.global_average_pool", "head.fc1", "head.relu", "head.fc2", "head.softmax"],
            graph.Nodes.Select(static node => node.Name));
        Assert.All(graph.Nodes.Skip(1), static (node, index) => Assert.Equal([index], node.Inputs));
        Assert.Equal("conv2/relu", graph.Nodes[graph.Embedding].Name);
        Assert.Equal("head.fc2", graph.Nodes[graph.Logits].Name);
        Assert.Equal([4, 9, 9], graph.Nodes[5].Shape);
        Assert.False(graph.Mirror);
    }

    /// <summary>The keys of an operation's tensors: all its strings.</summary>
    internal static IEnumerable<string> Keys(Operation operation) => operation.GetType().GetProperties()
        .Where(static property => property.PropertyType == typeof(string))
        .Select(property => (string?)property.GetValue(operation))
        .OfType<string>();
}
