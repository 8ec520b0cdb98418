using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune;

/// <summary>
/// Attention of a sequence to itself: <c>[N, T, C]</c> to the same (Vaswani et al., Attention Is All You Need). Its state dict is that of PyTorch's
/// <c>MultiheadAttention</c>, and so are the numbers that it begins with.
/// </summary>
public sealed class SelfAttention : LearntLayer
{
    private const string InWeightKey = "in_proj_weight";
    private const string InBiasKey = "in_proj_bias";

    /// <summary>Makes the layer.</summary>
    /// <param name="channels">C.</param>
    /// <param name="heads">The number of heads; C is a multiple of it.</param>
    /// <param name="device">Where the parameters are; the default device if null.</param>
    public SelfAttention(long channels, long heads, Device? device = null)
        : base(nameof(SelfAttention))
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(heads);
        if (channels % heads != 0) throw new ArgumentException($"{channels} channels cannot be divided among {heads} heads.", nameof(heads));
        Heads = heads;
        Own(InWeightKey, nn.init.xavier_uniform_(empty(3 * channels, channels, device: device)));
        Own(InBiasKey, zeros(3 * channels, device: device));
        Output = nn.Linear(channels, channels, device: device);
        nn.init.zeros_(Output.bias!);
        register_module("out_proj", Output);
    }

    /// <summary>The number of heads.</summary>
    public long Heads { get; }

    /// <summary>The factors of queries, keys and values, one after another: <c>[3 C, C]</c>.</summary>
    public Parameter InWeight => Get(InWeightKey);

    /// <summary>What is added to queries, keys and values: <c>[3 C]</c>.</summary>
    public Parameter InBias => Get(InBiasKey);

    /// <summary>What is done to the heads' results.</summary>
    public Linear Output { get; }

    /// <inheritdoc />
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using DisposeScope scope = NewDisposeScope();
        Tensor[] parts = Project(input);
        Tensor heads = nn.functional.scaled_dot_product_attention(parts[0], parts[1], parts[2]);
        return Output.call(heads.transpose(1, 2).reshape(input.shape)).MoveToOuterDisposeScope();
    }

    /// <summary>How much each token takes from each other one: the softmax of the products of queries and keys.</summary>
    /// <param name="input"><c>[N, T, C]</c>.</param>
    /// <returns><c>[N, heads, T, T]</c>; each row sums up to 1.</returns>
    internal Tensor Weights(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] parts = Project(input);
        Tensor products = parts[0].matmul(parts[1].transpose(-2, -1)) / Math.Sqrt((double)input.shape[2] / Heads);
        return products.softmax(-1).MoveToOuterDisposeScope();
    }

    /// <summary>Queries, keys and values, each <c>[N, heads, T, C / heads]</c>.</summary>
    private Tensor[] Project(Tensor input)
    {
        (long n, long length, long channels) = (input.shape[0], input.shape[1], input.shape[2]);
        Tensor projected = nn.functional.linear(input, InWeight, InBias);
        // [N, T, 3, heads, C / heads] to three times [N, heads, T, C / heads].
        return projected.view(n, length, 3, Heads, channels / Heads).permute(2, 0, 3, 1, 4).unbind(0);
    }

    /// <summary>Does nothing: everything is registered where it is made.</summary>
    protected override void RegisterComponents()
    {
    }
}
