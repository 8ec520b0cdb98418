using FineTune;
using FineTune.Inference;
using FineTune.Native;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Runtime.Tests.Layers;

/// <summary>Each layer of the runtime's own against its formula in float64.</summary>
public sealed class LayerTests : IDisposable
{
    private readonly DisposeScope _scope;

    public LayerTests()
    {
        NativeLibraries.Load();
        manual_seed(9);
        _scope = NewDisposeScope();
    }

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void A_layer_norm_of_pixels_normalises_over_channels()
    {
        using var layer = new LayerNorm2d(6, 1e-3);
        Randomise(layer);
        Tensor input = randn(2, 6, 3, 4), x = Double(input);

        Tensor centred = x - x.mean([1], keepdim: true);
        Tensor exact = centred / (centred.square().mean([1], keepdim: true) + 1e-3).sqrt() * Column(layer.Weight) + Column(layer.Bias);

        Assert.InRange(SelfCheck.Error(layer.call(input), exact), 0, 1e-6);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_linear_layer_of_pixels_is_a_convolution_of_one_pixel(bool hasBias)
    {
        using var layer = new ChannelLinear(6, 5, hasBias);
        Tensor input = randn(2, 6, 3, 4);

        Tensor exact = nn.functional.conv2d(Double(input), Double(layer.Weight).view(5, 6, 1, 1), layer.Bias is null ? null : Double(layer.Bias));

        Assert.Equal(hasBias, layer.Bias is not null);
        Assert.InRange(SelfCheck.Error(layer.call(input), exact), 0, 1e-6);
    }

    [Fact]
    public void A_linear_layer_of_pixels_begins_as_a_linear_layer_does()
    {
        using var layer = new ChannelLinear(100, 200);

        // Uniform in ±1/√100.
        Assert.All(layer.parameters(), static parameter => Assert.InRange(parameter.abs().max().item<float>(), 0.09, 0.1));
    }

    [Fact]
    public void Attention_is_that_of_its_definition()
    {
        const int Heads = 2, Width = 4, Length = 5;
        using var layer = new SelfAttention(Heads * Width, Heads);
        Randomise(layer);
        Tensor input = randn(3, Length, Heads * Width), result = layer.call(input);
        double[,] inWeight = Matrix(layer.InWeight), outWeight = Matrix(layer.Output.weight);
        double[] inBias = Vector(layer.InBias), outBias = Vector(layer.Output.bias!);

        for (int image = 0; image < 3; image++)
        {
            double[,] projected = Affine(Matrix(input[image]), inWeight, inBias), attended = new double[Length, Heads * Width];
            for (int head = 0; head < Heads; head++)
            {
                int query = head * Width, key = (Heads + head) * Width, value = (2 * Heads + head) * Width;
                for (int t = 0; t < Length; t++)
                {
                    double[] weights = new double[Length];
                    for (int s = 0; s < Length; s++)
                    {
                        double product = 0;
                        for (int c = 0; c < Width; c++) product += projected[t, query + c] * projected[s, key + c];
                        weights[s] = Math.Exp(product / Math.Sqrt(Width));
                    }
                    for (int c = 0; c < Width; c++)
                    {
                        for (int s = 0; s < Length; s++) attended[t, query + c] += weights[s] / weights.Sum() * projected[s, value + c];
                    }
                }
            }
            Tensor exact = tensor([.. Affine(attended, outWeight, outBias).Cast<double>()], [Length, Heads * Width]);
            Assert.InRange(SelfCheck.Error(result[image], exact), 0, 1e-6);
        }
    }

    [Fact]
    public void Attention_has_the_state_of_PyTorchs_and_begins_as_it_does()
    {
        using var layer = new SelfAttention(64, 4);

        Assert.Equal(["in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"], layer.state_dict().Keys);
        // Xavier: uniform in ±√(6 / (C + 3 C)); the last layer's weights: uniform in ±1/√C.
        Assert.InRange(layer.InWeight.abs().max().item<float>(), 0.152, 0.1531);
        Assert.InRange(layer.Output.weight.abs().max().item<float>(), 0.124, 0.125);
        Assert.All([layer.InBias, layer.Output.bias!], static bias => Assert.Equal(0, bias.abs().max().item<float>()));
    }

    [Fact]
    public void Attention_needs_channels_that_its_heads_can_share() => Assert.Throws<ArgumentException>(static () => new SelfAttention(8, 3));

    [Fact]
    public void Gradients_of_attention_are_those_of_its_definition()
    {
        using var layer = new SelfAttention(8, 2);
        Randomise(layer);
        Tensor input = randn(2, 5, 8).requires_grad_(), weights = randn(2, 5, 8);
        (layer.call(input) * weights).sum().backward();

        Tensor x = Double(input).requires_grad_(), inWeight = Double(layer.InWeight).requires_grad_();
        Tensor[] parts = [.. (x.matmul(inWeight.t()) + Double(layer.InBias)).chunk(3, -1).Select(static part => part.view(2, 5, 2, 4).transpose(1, 2))];
        Tensor attended = nn.functional.softmax(parts[0].matmul(parts[1].transpose(2, 3)) / 2, -1).matmul(parts[2]).transpose(1, 2).reshape(2, 5, 8);
        ((attended.matmul(Double(layer.Output.weight).t()) + Double(layer.Output.bias!)) * Double(weights)).sum().backward();

        Assert.InRange(SelfCheck.Error(input.grad!, x.grad!), 0, 1e-5);
        Assert.InRange(SelfCheck.Error(layer.InWeight.grad!, inWeight.grad!), 0, 1e-5);
    }

    [Fact]
    public void A_class_token_comes_before_each_sequence()
    {
        using var layer = new ClassToken(4);
        Assert.Equal(0, layer.Value.abs().max().item<float>());
        Randomise(layer);
        Tensor input = randn(3, 5, 4), result = layer.call(input);

        Assert.Equal([3, 6, 4], result.shape);
        for (int n = 0; n < 3; n++) Assert.True(result[n, 0].eq(layer.Value[0, 0]).all().item<bool>());
        Assert.True(result.slice(1, 1, 6, 1).eq(input).all().item<bool>());
    }

    [Fact]
    public void A_position_embedding_is_added_and_begins_small()
    {
        using var layer = new PositionEmbedding(50, 40);
        Tensor input = randn(3, 50, 40);

        Assert.InRange(layer.Value.std().item<float>(), 0.018, 0.022);
        Assert.InRange(SelfCheck.Error(layer.call(input), Double(input) + Double(layer.Value)), 0, 1e-6);
    }

    [Fact]
    public void A_layer_scale_multiplies_channels_and_begins_as_its_number()
    {
        using var layer = new LayerScale(6, 0.25);
        Tensor input = randn(2, 6, 3, 4);
        Assert.Equal([6, 1, 1], layer.Value.shape);
        Assert.Equal(0, (layer.call(input) - input / 4).abs().max().item<float>());

        Randomise(layer);

        Assert.InRange(SelfCheck.Error(layer.call(input), Double(input) * Double(layer.Value)), 0, 1e-6);
    }

    [Theory]
    [InlineData(0.25)]
    [InlineData(1)]
    public void Stochastic_depth_drops_whole_images_and_scales_the_others(double probability)
    {
        using var layer = new StochasticDepth(probability);
        layer.train();

        Tensor result = layer.call(ones(400, 2, 3, 4)), first = result.flatten(1).select(1, 0);

        Assert.True(result.eq(first.view(-1, 1, 1, 1)).all().item<bool>());
        double kept = probability == 1 ? 0 : 1 / (1 - probability);
        Assert.True(first.eq(0).logical_or((first - kept).abs().lt(1e-6)).all().item<bool>());
        Assert.InRange(first.eq(0).to_type(ScalarType.Float32).mean().item<float>(), probability - 0.1, probability + 0.1);
    }

    [Fact]
    public void Stochastic_depth_does_nothing_in_evaluation_mode()
    {
        using var layer = new StochasticDepth(0.5);
        layer.eval();
        Tensor input = randn(5, 2, 3, 4);

        Assert.True(layer.call(input).eq(input).all().item<bool>());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Tokens_are_pixels_row_by_row(bool channelsLast)
    {
        using var layer = new FineTune.Tokens();
        Tensor input = channelsLast ? randn(2, 3, 4, 5).permute(0, 3, 1, 2) : randn(2, 5, 3, 4);

        Tensor result = layer.call(input);

        Assert.Equal([2, 12, 5], result.shape);
        for (int pixel = 0; pixel < 12; pixel++)
        {
            Assert.True(result.select(1, pixel).eq(input.select(2, pixel / 4).select(2, pixel % 4)).all().item<bool>());
        }
    }

    [Fact]
    public void The_first_token_is_a_vector_of_each_image()
    {
        using var layer = new FirstToken();
        Tensor input = randn(2, 3, 4), result = layer.call(input);

        Assert.Equal([2, 4], result.shape);
        Assert.True(result.eq(input.slice(1, 0, 1, 1).squeeze(1)).all().item<bool>());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_global_pool_may_keep_rows_and_columns(bool average)
    {
        using var kept = new GlobalPool2d(average, keep: true);
        using var flat = new GlobalPool2d(average);
        Tensor input = randn(2, 3, 4, 5), pixels = Double(input).flatten(2);
        Tensor exact = average ? pixels.mean([2]) : pixels.amax([2]);

        Assert.Equal([2, 3, 1, 1], kept.call(input).shape);
        Assert.Equal([2, 3], flat.call(input).shape);
        Assert.InRange(SelfCheck.Error(kept.call(input), exact), 0, 1e-6);
        Assert.InRange(SelfCheck.Error(flat.call(input), exact), 0, 1e-6);
    }

    [Fact]
    public void Padding_is_less_than_every_number_of_a_maximum_and_may_be_left_out_of_an_average()
    {
        using var largest = nn.MaxPool2d(3, stride: 2, padding: 1);
        using var average = nn.AvgPool2d(3, stride: 2, padding: 1, count_include_pad: false);
        using InferenceNetwork network = InferenceNetwork.Of((ref ForwardPass pass) => pass.Concat(pass.Run(largest), pass.Run(average, default(Value))));
        Tensor input = full(1, 2, 5, 5, -3.0, dtype: ScalarType.Float32);

        foreach (Tensor result in (Tensor[])[largest.call(input), average.call(input), network.Forward(input), network.Forward(input.to_type(ScalarType.BFloat16))])
        {
            Assert.Equal([3, 3], result.shape[2..]);
            Assert.InRange((result.to_type(ScalarType.Float32) + 3).abs().max().item<float>(), 0, 1e-6);
        }
    }

    private static void Randomise(nn.Module layer)
    {
        using IDisposable noGradient = no_grad();
        foreach (Parameter parameter in layer.parameters()) parameter.copy_(randn(parameter.shape));
    }

    private static Tensor Double(Tensor x) => x.detach().to_type(ScalarType.Float64);

    private static Tensor Column(Tensor x) => Double(x).view(-1, 1, 1);

    private static double[] Vector(Tensor x) => Double(x).contiguous().data<double>().ToArray();

    private static double[,] Matrix(Tensor x)
    {
        double[,] matrix = new double[x.shape[0], x.shape[1]];
        Buffer.BlockCopy(Vector(x), 0, matrix, 0, sizeof(double) * matrix.Length);
        return matrix;
    }

    /// <summary>x · weightᵀ + bias.</summary>
    private static double[,] Affine(double[,] x, double[,] weight, double[] bias)
    {
        double[,] result = new double[x.GetLength(0), weight.GetLength(0)];
        for (int row = 0; row < x.GetLength(0); row++)
        {
            for (int output = 0; output < weight.GetLength(0); output++)
            {
                result[row, output] = bias[output];
                for (int input = 0; input < x.GetLength(1); input++) result[row, output] += weight[output, input] * x[row, input];
            }
        }
        return result;
    }
}
