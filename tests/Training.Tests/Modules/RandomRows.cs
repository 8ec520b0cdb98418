using System.Globalization;
using System.Text;

namespace Training.Tests.Modules;

/// <summary>Rows of a backbone, drawn at random: single layers, and the ways in which known networks branch and join.</summary>
internal sealed class RandomRows(Random random)
{
    private readonly StringBuilder _text = new("  { name = \"input\", type = \"input\" },\n");
    private string _last = "input";
    private int _count;
    private int _channels = 3;

    public override string ToString() => _text.ToString();

    /// <summary>Adds a layer, or a few that read the last one and join again.</summary>
    public void AddPart()
    {
        switch (random.Next(8))
        {
            case 0:
                AddResidual();
                break;
            case 1:
                AddSqueezeAndExcite();
                break;
            case 2:
                AddBranches();
                break;
            case 3:
                AddDense();
                break;
            default:
                AddLayer();
                break;
        }
    }

    /// <summary>Ends the rows with attention over the pixels, as a vision transformer does.</summary>
    public void AddTransformer()
    {
        int heads = random.Next(1, 4);
        Convolve(heads * random.Next(1, 4), "kernel = 4, stride = 4, padding = \"same\"");
        Add("type = \"tokens\"");
        Add("type = \"class_token\"");
        Add("type = \"position_embedding\"");
        string start = _last;
        Add("type = \"layer_norm\"");
        Add(FormattableString.Invariant($"type = \"attention\", heads = {heads}"));
        Join("add", start, _last);
        int channels = _channels;
        start = _last;
        Add(FormattableString.Invariant($"type = \"linear\", units = {2 * channels}"));
        Add("type = \"gelu\"");
        Add(FormattableString.Invariant($"type = \"linear\", units = {channels}, bias = false"));
        Add("type = \"stochastic_depth\", probability = 0.25");
        Join("add", start, _last);
        Add("type = \"first_token\"");
    }

    private void AddLayer()
    {
        switch (random.Next(11))
        {
            case 0 or 1:
                Convolve(random.Next(1, 6), Convolution());
                break;
            case 2:
                Add($"type = \"depthwise_conv2d\", {Convolution()}");
                break;
            case 3:
                Add("type = \"batch_norm\"");
                break;
            case 4:
                Add("type = \"layer_norm\", epsilon = 1e-6");
                break;
            case 5:
                Add($"type = \"{Activation()}\"");
                break;
            case 6:
                Add(FormattableString.Invariant($"type = \"max_pool\", kernel = {random.Next(2, 4)}, stride = [{random.Next(1, 4)}, {random.Next(1, 4)}], padding = {random.Next(2)}"));
                break;
            case 7:
                string included = random.Next(2) == 0 ? "true" : "false";
                Add(FormattableString.Invariant($"type = \"average_pool\", kernel = [2, 3], stride = {random.Next(1, 4)}, padding = [{random.Next(2)}, 1], include_padding = {included}"));
                break;
            case 8:
                Add("type = \"layer_scale\", initial = 0.5");
                break;
            case 9:
                int units = random.Next(1, 6);
                Add(FormattableString.Invariant($"type = \"linear\", units = {units}"));
                _channels = units;
                break;
            default:
                Add(FormattableString.Invariant($"type = \"zero_pad\", padding = [{random.Next(3)}, {random.Next(3)}, {random.Next(3)}, {random.Next(3)}]"));
                break;
        }
    }

    /// <summary>A sum around layers that keep the shape; the shortcut is one of the value itself or of a convolution of it.</summary>
    private void AddResidual()
    {
        string start = _last;
        int channels = _channels;
        int layers = random.Next(1, 3);
        for (int i = 0; i < layers; i++) AddKeeping(channels);
        string end = _last;
        if (random.Next(2) == 0)
        {
            AddFrom(start, FormattableString.Invariant($"type = \"conv2d\", filters = {channels}, kernel = 1, bias = false"));
            Add("type = \"batch_norm\"");
            start = _last;
        }
        Join("add", random.Next(2) == 0 ? [start, end] : [end, start]);
        if (random.Next(2) == 0) Add("type = \"relu\"");
    }

    private void AddSqueezeAndExcite()
    {
        string start = _last;
        int channels = _channels;
        Add($"type = \"global_{(random.Next(2) == 0 ? "average" : "max")}_pool\", keep = true");
        Convolve(2, "kernel = 1, activation = \"relu\"");
        Convolve(channels, $"kernel = 1, activation = \"{(random.Next(2) == 0 ? "sigmoid" : "hard_sigmoid")}\"");
        Join("multiply", random.Next(2) == 0 ? [start, _last] : [_last, start]);
    }

    private void AddBranches()
    {
        string start = _last;
        int channels = _channels, joined = 0;
        List<string> ends = [];
        int branches = random.Next(2, 4);
        for (int i = 0; i < branches; i++)
        {
            int filters = random.Next(1, 4);
            AddFrom(start, FormattableString.Invariant($"type = \"conv2d\", filters = {filters}, kernel = [1, {1 + 2 * i}]"));
            _channels = filters;
            if (random.Next(2) == 0) Add($"type = \"{Activation()}\"");
            ends.Add(_last);
            joined += filters;
        }
        if (random.Next(2) == 0)
        {
            ends.Add(start);
            joined += channels;
        }
        Join("concat", [.. ends]);
        _channels = joined;
    }

    private void AddDense()
    {
        string start = _last;
        int channels = _channels;
        Add("type = \"batch_norm\"");
        Add("type = \"relu\"");
        Convolve(2, "kernel = 3");
        Join("concat", start, _last);
        _channels = channels + 2;
    }

    private void AddKeeping(int channels)
    {
        switch (random.Next(3))
        {
            case 0:
                int groups = channels % 2 == 0 ? 2 : 1;
                Convolve(channels, FormattableString.Invariant($"kernel = 3, groups = {groups}, dilation = {random.Next(1, 3)}"));
                Add("type = \"batch_norm\"");
                break;
            case 1:
                Add($"type = \"{Activation()}\"");
                break;
            default:
                Add($"type = \"depthwise_conv2d\", kernel = 3, activation = \"{Activation()}\"");
                break;
        }
    }

    private string Activation() => random.Next(8) switch
    {
        0 or 1 => "relu",
        2 => "relu6",
        3 => "silu",
        4 => "hard_swish",
        5 => "gelu",
        6 => "tanh",
        _ => "hard_sigmoid",
    };

    private string Convolution()
    {
        string activation = random.Next(2) == 0 ? "" : $", activation = \"{Activation()}\"";
        string padding = random.Next(6) switch { 0 => "\"valid\"", 1 => "2", 2 => "[0, 1]", 3 => "[0, 1, 2, 0]", _ => "\"same\"" };
        string kernel = random.Next(4) == 0 ? "[1, 5]" : random.Next(1, 6).ToString(CultureInfo.InvariantCulture);
        string bias = random.Next(2) == 0 ? "true" : "false";
        return FormattableString.Invariant($"kernel = {kernel}, stride = {random.Next(1, 5)}, padding = {padding}, bias = {bias}{activation}");
    }

    private void Convolve(int filters, string keys)
    {
        Add(FormattableString.Invariant($"type = \"conv2d\", filters = {filters}, {keys}"));
        _channels = filters;
    }

    private void Join(string type, params string[] from) => Add($"type = \"{type}\", from = [{string.Join(", ", from.Select(static name => $"\"{name}\""))}]");

    private void AddFrom(string from, string keys) => Add($"{keys}, from = \"{from}\"");

    private void Add(string keys)
    {
        _last = FormattableString.Invariant($"layer{_count++}");
        _text.Append(CultureInfo.InvariantCulture, $"  {{ name = \"{_last}\", {keys} }},\n");
    }
}
