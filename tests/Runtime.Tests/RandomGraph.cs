using FineTune;
using TorchSharp;
using static TorchSharp.torch;

namespace Runtime.Tests;

/// <summary>
/// A small network of any form that numbers describe: each number is a layer and its inputs. It can be recorded, and computed by a second
/// interpreter that keeps every value and overwrites none.
/// </summary>
public sealed class RandomGraph : IDisposable
{
    private const int Channels = 4;
    private readonly List<Row> _rows = [];
    private readonly List<(int Channels, int Height, int Width)> _shapes = [(Channels, 7, 6)];

    public RandomGraph(IReadOnlyList<int> genes, bool learns)
    {
        manual_seed(genes.Count > 0 ? genes[0] : 0);
        foreach (int gene in genes) Add(gene);
        foreach (Row row in _rows) row.Layer?.train(learns);
    }

    /// <summary>Takes a pass; the last value is the result.</summary>
    private delegate Value Recording(ref ForwardPass pass, Value[] operands);

    public IEnumerable<nn.Module> Layers => _rows.Select(static row => row.Layer).OfType<nn.Module>();

    public static Tensor Input() => randn(3, 7, 6, Channels).permute(0, 3, 1, 2);

    public void Describe(ref ForwardPass pass)
    {
        List<Value> values = [pass.Current];
        foreach (Row row in _rows) values.Add(row.Record(ref pass, [.. row.Operands.Select(o => values[o])]));
    }

    public Tensor Compute(Tensor input)
    {
        List<Tensor> values = [input];
        foreach (Row row in _rows) values.Add(row.Compute([.. row.Operands.Select(o => values[o])]));
        return values[^1];
    }

    public void Dispose()
    {
        foreach (nn.Module layer in Layers) layer.Dispose();
    }

    public override string ToString() => string.Join('\n', _rows.Select(static (row, i) => $"{i + 1} = {row.Name}({string.Join(", ", row.Operands)})"));

    private void Add(int gene)
    {
        var random = new Random(gene);
        // Most rows read the one above, so that there is something to fuse.
        int x = random.Next(4) == 0 ? random.Next(_shapes.Count) : _shapes.Count - 1;
        (int c, int h, int w) = _shapes[x];
        bool flag = random.Next(2) == 0;
        switch (random.Next(18))
        {
            case 0 or 1 or 2 when h > 1 && w > 1:
                (int kh, int kw, int sh, int sw) = (1 + 2 * random.Next(2), 1 + 2 * random.Next(2), 1 + random.Next(2) * random.Next(2), 1 + random.Next(2) * random.Next(2));
                var conv = nn.Conv2d(c, c, (kh, kw), stride: (sh, sw), padding: (kh / 2, kw / 2), groups: random.Next(4) == 0 ? c : 1, bias: flag);
                Layer(conv, x, (c, (h - 1) / sh + 1, (w - 1) / sw + 1));
                break;
            case 3 or 4:
                Layer(Randomised(nn.BatchNorm2d(c)), x, (c, h, w));
                break;
            case 5 or 6:
                (string name, Recording record, Func<Tensor, Tensor> compute) = Activation(random.Next(8));
                Append(new Row(name, [x], null, record, operands => compute(operands[0])), (c, h, w));
                break;
            case 7:
                Layer(Activation(random, flag), x, (c, h, w));
                break;
            case 8 or 9 or 10 or 11:
                int[] same = [.. Enumerable.Range(0, _shapes.Count).Where(i => _shapes[i] == _shapes[x])];
                int y = same[random.Next(same.Length)], z = same[random.Next(same.Length)];
                if (flag) Append(new Row("Add", [x, y], null, static (ref pass, o) => pass.Add(o), static o => o[0] + o[1]), (c, h, w));
                else Append(new Row("Add", [y, x, z], null, static (ref pass, o) => pass.Add(o), static o => o[0] + o[1] + o[2]), (c, h, w));
                break;
            case 12:
                Layer(new GlobalPool2d(average: flag, keep: true), x, (c, 1, 1));
                int factors = _shapes.Count - 1;
                Append(new Row("Multiply", [x, factors], null, static (ref pass, o) => pass.Multiply(o[0], o[1]), static o => o[0] * o[1]), (c, h, w));
                break;
            case 13:
                int[] alike = [.. Enumerable.Range(0, _shapes.Count).Where(i => _shapes[i].Height == h && _shapes[i].Width == w)];
                int other = alike[random.Next(alike.Length)];
                Append(new Row("Concat", [other, x], null, static (ref pass, o) => pass.Concat(o), static o => cat(o, 1)), (c + _shapes[other].Channels, h, w));
                break;
            case 14 when h > 2 && w > 2:
                nn.Module<Tensor, Tensor> pool = flag ? nn.MaxPool2d(3, stride: 2, padding: 1) : nn.AvgPool2d(3, stride: 2, padding: 1, count_include_pad: random.Next(2) == 0);
                Layer(pool, x, (c, (h - 1) / 2 + 1, (w - 1) / 2 + 1));
                break;
            case 15:
                Append(new Row("Pad", [x], null, static (ref pass, o) => pass.Pad(0, 1, 1, 0, o[0]), static o => nn.functional.pad(o[0], [1, 0, 0, 1])), (c, h + 1, w + 1));
                break;
            case 16:
                Layer(flag ? new ChannelLinear(c, c) : new LayerScale(c, 0.5), x, (c, h, w));
                break;
            default:
                Layer(flag ? new View() : random.Next(2) == 0 ? nn.Identity() : nn.Dropout(0), x, (c, h, w));
                break;
        }
    }

    private void Layer(nn.Module<Tensor, Tensor> layer, int operand, (int, int, int) shape) => Append(
        new Row(layer.GetType().Name, [operand], layer, (ref pass, operands) => pass.Run(layer, operands[0]), operands => layer.call(operands[0].clone())), shape);

    private void Append(Row row, (int, int, int) shape)
    {
        _rows.Add(row);
        _shapes.Add(shape);
    }

    private static nn.Module<Tensor, Tensor> Activation(Random random, bool inPlace) => random.Next(5) switch
    {
        0 => nn.ReLU(inPlace),
        1 => nn.ReLU6(inPlace),
        2 => nn.SiLU(inPlace),
        3 => nn.Hardswish(inPlace),
        _ => nn.GELU(),
    };

    private static (string, Recording, Func<Tensor, Tensor>) Activation(int kind) => kind switch
    {
        0 => ("Relu", static (ref pass, o) => pass.Relu(o[0]), static x => x.clamp_min(0)),
        1 => ("Relu6", static (ref pass, o) => pass.Relu6(o[0]), static x => x.clamp(0, 6)),
        2 => ("Silu", static (ref pass, o) => pass.Silu(o[0]), static x => x / (1 + (-x).exp())),
        3 => ("HardSwish", static (ref pass, o) => pass.HardSwish(o[0]), static x => x * (x + 3).clamp(0, 6) / 6),
        4 => ("HardSigmoid", static (ref pass, o) => pass.HardSigmoid(o[0]), static x => (x + 3).clamp(0, 6) / 6),
        5 => ("Sigmoid", static (ref pass, o) => pass.Sigmoid(o[0]), static x => 1 / (1 + (-x).exp())),
        6 => ("Gelu", static (ref pass, o) => pass.Gelu(o[0]), static x => x * (1 + (x / Math.Sqrt(2)).erf()) / 2),
        _ => ("Tanh", static (ref pass, o) => pass.Tanh(o[0]), static x => x.tanh()),
    };

    private static TorchSharp.Modules.BatchNorm2d Randomised(TorchSharp.Modules.BatchNorm2d norm)
    {
        using IDisposable noGradient = no_grad();
        norm.weight.copy_(rand(norm.weight.shape) + 0.5);
        norm.bias!.copy_(randn(norm.weight.shape));
        norm.running_mean!.copy_(randn(norm.weight.shape));
        norm.running_var!.copy_(rand(norm.weight.shape) + 0.5);
        return norm;
    }

    private sealed record Row(string Name, int[] Operands, nn.Module<Tensor, Tensor>? Layer, Recording Record, Func<Tensor[], Tensor> Compute);
}
