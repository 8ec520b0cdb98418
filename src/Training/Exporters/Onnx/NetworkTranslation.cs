using FineTune.Pipeline;
using static FineTune.Training.Exporters.Onnx.OnnxGraph;

namespace FineTune.Training.Exporters.Onnx;

/// <summary>
/// Translates the operations of a network into ONNX's operators. A batch normalisation or a layer scale goes into the weights of the convolution or
/// linear layer before it, and zeros around an image into the convolution after them, where nothing else reads what is between.
/// </summary>
internal sealed class NetworkTranslation
{
    private readonly OnnxGraph _graph;
    private readonly NetworkGraph _network;
    private readonly TrainedTensors _tensors;
    private readonly CancellationToken _cancellation;
    private readonly OnnxValue[] _values;
    private readonly List<int>[] _readers;
    private readonly int _features;

    public NetworkTranslation(OnnxGraph graph, TrainedModel trained, CancellationToken cancellation)
    {
        (_graph, _network, _cancellation) = (graph, trained.Network, cancellation);
        _tensors = new TrainedTensors(trained.Tensors);
        _values = new OnnxValue[_network.Nodes.Count];
        _readers = [.. _network.Nodes.Select(static _ => new List<int>())];
        for (int i = 0; i < _network.Nodes.Count; i++)
        {
            foreach (int input in _network.Nodes[i].Inputs) _readers[input].Add(i);
        }
        _features = FindFeatures();
    }

    /// <summary>Adds the whole network, and the values of <see cref="OnnxNames"/> that are its outputs.</summary>
    /// <param name="input">The name of the prepared image.</param>
    public void Add(string input)
    {
        if (_network.Mirror) input = MirrorNodes.AddBefore(_graph, input);
        _values[0] = new OnnxValue(_graph, input, isImage: true, isChannelsLast: false);
        for (int i = 1; i < _network.Nodes.Count; i++)
        {
            _cancellation.ThrowIfCancellationRequested();
            // Done together with a node before or after it.
            if (_values[i] is not null || IsPadOfConvolution(i)) continue;
            NetworkNode node = _network.Nodes[i];
            switch (node.Operation)
            {
                case ConvolutionOperation or LinearOperation:
                    AddLearnt(i);
                    break;
                case SoftmaxOperation:
                    break;
                default:
                    _values[i] = Translate(i, node);
                    break;
            }
        }
        AddOutputs();
    }

    private void AddOutputs()
    {
        OnnxValue embedding = _values[_network.Embedding];
        bool isDone = _features >= 0;
        string name = _network.Mirror ? "features/both" : OnnxNames.Features;
        string features = isDone ? _values[_features].Name : PoolNodes.AddGlobal(_graph, name, embedding.ChannelsFirst, new GlobalPoolOperation(true, false));
        string logits = _values[_network.Logits].Name;
        if (_network.Mirror) MirrorNodes.AddAfter(_graph, logits, features, _network.Temperature);
        else TemperatureNodes.AddSoftmax(_graph, OnnxNames.Probabilities, logits, _network.Temperature);
    }

    private OnnxValue Translate(int index, NetworkNode node)
    {
        string name = NameOf(index);
        OnnxValue first = _values[node.Inputs[0]];
        return node.Operation switch
        {
            PadOperation pad => First(PoolNodes.AddPad(_graph, name, first.ChannelsFirst, pad)),
            BatchNormOperation norm => First(NormNodes.Add(_graph, name, first.ChannelsFirst, norm, _tensors)),
            LayerNormOperation norm => Last(NormNodes.Add(_graph, name, first.ChannelsLast, norm, _tensors)),
            WindowPoolOperation pool => First(PoolNodes.AddWindow(_graph, name, first.ChannelsFirst, pool)),
            GlobalPoolOperation pool => First(PoolNodes.AddGlobal(_graph, name, first.ChannelsFirst, pool)),
            ActivationOperation { Function: var function } => Same(ActivationNodes.Add(_graph, name, first.Name, function)),
            AddOperation when node.Inputs.All(input => _values[input].IsChannelsLast) => Last(AddAll(name, [.. node.Inputs.Select(input => _values[input].ChannelsLast)])),
            AddOperation => First(AddAll(name, [.. node.Inputs.Select(input => _values[input].ChannelsFirst)])),
            MultiplyOperation => First(_graph.Add("Mul", name, [first.ChannelsFirst, _values[node.Inputs[1]].ChannelsFirst])),
            ConcatenateOperation => First(_graph.Add("Concat", name, [.. node.Inputs.Select(input => _values[input].ChannelsFirst)], Attribute("axis", 1))),
            ScaleChannelsOperation scale => Same(AddScale(name, first, scale)),
            FlattenOperation => First(_graph.Add("Flatten", name, [first.ChannelsFirst], Attribute("axis", 1))),
            TokensOperation => First(TokenNodes.AddTokens(_graph, name, first.ChannelsLast, node.Shape)),
            FirstTokenOperation => First(TokenNodes.AddFirst(_graph, name, first.Name)),
            PrependTokenOperation token => First(TokenNodes.AddPrepended(_graph, name, first.Name, _tensors.Take(token.Token))),
            AddSequenceOperation sequence => First(TokenNodes.AddSequence(_graph, name, first.Name, _tensors.Take(sequence.Sequence))),
            AttentionOperation attention => First(AttentionNodes.Add(_graph, name, first.Name, node.Shape, attention, _tensors)),
            _ => throw new NotSupportedException(node.Operation.GetType().Name),
        };

        OnnxValue First(string value) => new(_graph, value, node.Shape.Count == 3, isChannelsLast: false);

        OnnxValue Last(string value) => new(_graph, value, node.Shape.Count == 3, isChannelsLast: node.Shape.Count == 3);

        OnnxValue Same(string value) => new(_graph, value, node.Shape.Count == 3, first.IsChannelsLast);
    }

    /// <summary>A convolution or a linear layer, with what goes into its weights.</summary>
    private void AddLearnt(int index)
    {
        NetworkNode node = _network.Nodes[index];
        int end = index;
        ChannelAffine? affine = null;
        while (OnlyReader(end) is { } next && ChannelAffine.Of(_network.Nodes[next].Operation, _tensors) is { } folded)
        {
            affine = affine?.Then(folded) ?? folded;
            end = next;
        }
        OnnxValue input = _values[node.Inputs[0]];
        // The output has the name of the layer, unless what was taken into it is an output of the file.
        string name = end != index && IsOutput(end) ? NameOf(end) : NameOf(index);
        bool isImage = node.Shape.Count == 3;
        OnnxValue value;
        if (node.Operation is ConvolutionOperation convolution)
        {
            PadOperation? pad = IsPadOfConvolution(node.Inputs[0]) ? (PadOperation)_network.Nodes[node.Inputs[0]].Operation : null;
            if (pad is not null) input = _values[_network.Nodes[node.Inputs[0]].Inputs[0]];
            LearntWeights weights = LearntWeights.Take(convolution.Weight, convolution.Bias, affine, _tensors);
            value = new OnnxValue(_graph, LearntNodes.AddConvolution(_graph, name, input.ChannelsFirst, convolution, pad, weights), isImage, isChannelsLast: false);
        }
        else
        {
            var linear = (LinearOperation)node.Operation;
            LearntWeights weights = LearntWeights.Take(linear.Weight, linear.Bias, affine, _tensors);
            value = node.Shape.Count switch
            {
                1 => new OnnxValue(_graph, LearntNodes.AddVector(_graph, name, input.Name, weights), isImage, isChannelsLast: false),
                3 when !input.IsChannelsLast => new OnnxValue(_graph, LearntNodes.AddPixels(_graph, name, input.ChannelsFirst, weights), isImage, isChannelsLast: false),
                _ => new OnnxValue(_graph, LearntNodes.AddRows(_graph, name, input.ChannelsLast, weights), isImage, isChannelsLast: isImage),
            };
        }
        for (int i = index; ; i = _readers[i][0])
        {
            _values[i] = value;
            if (i == end) break;
        }
    }

    /// <summary>The only node that reads another one, which is no output of the backbone or the network; null if there is no such.</summary>
    private int? OnlyReader(int index) => index != _network.Embedding && index != _network.Logits && _readers[index] is [var reader] ? reader : null;

    private bool IsPadOfConvolution(int index) =>
        _network.Nodes[index].Operation is PadOperation && OnlyReader(index) is { } reader && _network.Nodes[reader].Operation is ConvolutionOperation;

    private string AddAll(string name, string[] inputs)
    {
        string sum = inputs[0];
        for (int i = 1; i < inputs.Length; i++) sum = _graph.Add("Add", i == inputs.Length - 1 ? name : $"{name}/{i}", [sum, inputs[i]]);
        return sum;
    }

    private string AddScale(string name, OnnxValue input, ScaleChannelsOperation scale)
    {
        TrainedTensor factors = _tensors.Take(scale.Factors);
        long channels = factors.Shape[0];
        string constant = input.IsChannelsLast
            ? _graph.Constant(factors.Key, factors.Values.Span, channels)
            : _graph.Constant(factors.Key, factors.Values.Span, channels, 1, 1);
        return _graph.Add("Mul", name, [input.Name, constant]);
    }

    /// <summary>The node that has the features: the backbone's end, or the average that the head begins with; -1 if there is none.</summary>
    private int FindFeatures() => _network.Nodes[_network.Embedding].Shape.Count == 1
        ? _network.Embedding
        : _readers[_network.Embedding].Find(reader => _network.Nodes[reader].Operation is GlobalPoolOperation { IsAverage: true, Keeps: false }) is var pool and > 0
            ? pool
            : -1;

    private bool IsOutput(int index) => !_network.Mirror && (index == _network.Logits || index == _features);

    private string NameOf(int index)
    {
        if (IsOutput(index)) return index == _network.Logits ? OnnxNames.Logits : OnnxNames.Features;
        string name = _network.Nodes[index].Name;
        return OnnxNames.Reserved.Contains(name) ? name + "_layer" : name;
    }
}
