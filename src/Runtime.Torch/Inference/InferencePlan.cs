using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune.Inference;

/// <summary>
/// Which steps of a network are fused with which, and which memory they may take. The convolution at the head of a fused group runs where it was:
/// a residual sum is part of it only if the other operand is there by then.
/// </summary>
internal sealed class InferencePlan
{
    private readonly List<Node> _nodes = [];

    /// <summary>The value that the network puts out.</summary>
    private readonly int _result;

    private InferencePlan(IReadOnlyList<ForwardStep> recorded, int result)
    {
        Node[] plain = WithoutIdentities(recorded, ref result);
        _result = result;
        var readers = new Readers(plain, result);
        HashSet<Node> fused = [];
        HashSet<int> made = [0];
        foreach (Node node in plain)
        {
            if (fused.Contains(node)) continue;
            Node next = node.Step is ForwardStep.Run { Layer: Conv2d layer } && FusedConvolution.Supports(layer) ? Fuse(node, layer, readers, fused, made) : node;
            made.Add(next.Output);
            _nodes.Add(next);
        }
    }

    /// <summary>The number of values, including those that fusing has left without a step.</summary>
    public int Values { get; private init; }

    /// <summary>The value that the network puts out.</summary>
    public int Result => _result;

    /// <summary>Plans how to run steps.</summary>
    /// <param name="recorded">The steps.</param>
    /// <param name="result">The value that is wanted.</param>
    public static InferencePlan Make(IReadOnlyList<ForwardStep> recorded, int result) => new(recorded, result) { Values = recorded.Count + 1 };

    /// <summary>Makes the steps.</summary>
    /// <param name="precision">What convolutions compute in.</param>
    public IReadOnlyList<InferenceStep> Build(ScalarType precision)
    {
        var readers = new Readers(_nodes, _result);
        var steps = new List<InferenceStep>(_nodes.Count);
        foreach (Node node in _nodes)
        {
            int[] last = [.. node.Operands.Distinct().Where(value => value > 0 && readers.IsLast(value, node))];
            if (readers.Of(node.Output).Count == 0 && node.Output != _result) last = [.. last, node.Output];
            FusedConvolution? convolution = null;
            InferenceOperation operation;
            if (node.Convolution is { } group)
            {
                bool? overwrites = group.HasSum ? IsSpare(node.Operands[1], node, readers) : null;
                convolution = new FusedConvolution(group.Layer, group.Norm, group.Activation, precision, overwrites);
                operation = operands => convolution.Apply(operands[0], operands.Length > 1 ? operands[1] : null);
            }
            else
            {
                int overwritten = IsSpare(node.Operands[0], node, readers) ? 0
                    : node.Operands.Length > 1 && IsSpare(node.Operands[1], node, readers) ? 1
                    : ForwardStep.Nothing;
                operation = Operation(node.Step, overwritten);
            }
            steps.Add(new InferenceStep(operation, node.Operands, node.Output, last, convolution));
        }
        return steps;
    }

    private static Node Fuse(Node head, Conv2d layer, Readers readers, HashSet<Node> fused, HashSet<int> made)
    {
        int value = head.Output;
        BatchNorm2d? norm = null;
        if (readers.Only(value) is { Step: ForwardStep.Run { Layer: BatchNorm2d { training: false } batchNorm } } normalisation)
        {
            norm = batchNorm;
            value = Take(normalisation);
        }
        var activation = ActivationFunction.None;
        int[] operands = head.Operands;
        if (readers.Only(value) is { Step.Function: not ActivationFunction.None } function)
        {
            activation = function.Step.Function;
            value = Take(function);
        }
        else if (readers.Only(value) is { Step: ForwardStep.Add, Operands: [var first, var second] } sum && made.Contains(first == value ? second : first))
        {
            operands = [head.Operands[0], first == value ? second : first];
            value = Take(sum);
            if (readers.Only(value) is { Step.Function: ActivationFunction.Relu } relu)
            {
                activation = ActivationFunction.Relu;
                value = Take(relu);
            }
        }
        return new Node(head.Step, operands, value, new Group(layer, norm, activation, HasSum: operands.Length > 1));

        int Take(Node node)
        {
            fused.Add(node);
            return node.Output;
        }
    }

    /// <summary>The steps without those that do nothing in evaluation mode.</summary>
    private static Node[] WithoutIdentities(IReadOnlyList<ForwardStep> recorded, ref int result)
    {
        int[] sources = new int[recorded.Count + 1];
        List<Node> nodes = [];
        for (int i = 0; i < recorded.Count; i++)
        {
            ForwardStep step = recorded[i];
            int[] operands = [.. step.Operands.Select(value => sources[value])];
            bool isIdentity = step is ForwardStep.Run { Layer: Identity or Dropout { training: false } or IRandomDrop { IsIdentity: true } };
            sources[i + 1] = isIdentity ? operands[0] : i + 1;
            if (!isIdentity) nodes.Add(new Node(step, operands, i + 1));
        }
        result = sources[result];
        return [.. nodes];
    }

    /// <summary>
    /// Whether a step may write to a value: it is the last to read it, as one operand (a convolution still reads its input while it writes), and no
    /// other value shares its memory.
    /// </summary>
    private bool IsSpare(int value, Node node, Readers readers) =>
        value > 0 && readers.IsLast(value, node) && node.Operands.Count(v => v == value) == 1
        && _nodes.First(maker => maker.Output == value).MakesMemory
        && readers.Of(value).All(static reader => reader.MakesMemory);

    private static InferenceOperation Operation(ForwardStep step, int overwritten) =>
        step is ForwardStep.Run { Layer: not (MaxPool2d or AvgPool2d or ZeroPad2d or Flatten or Tokens or FirstToken) } && step.Function == ActivationFunction.None
            ? operands => InSingle(step, operands[0], overwritten)
            : operands => step.Compute(operands, overwritten);

    private static Tensor InSingle(ForwardStep step, Tensor input, int overwritten)
    {
        if (input.dtype == ScalarType.Float32) return step.Compute([input], overwritten);
        using Tensor single = input.to_type(ScalarType.Float32);
        Tensor result = step.Compute([single], ForwardStep.Nothing);
        return ReferenceEquals(result, single) ? single.alias() : result;
    }

    /// <param name="Layer">The convolution.</param>
    /// <param name="Norm">The batch normalisation after it, or null.</param>
    /// <param name="Activation">The activation after both and after the sum.</param>
    /// <param name="HasSum">Whether the second operand is added.</param>
    private sealed record Group(Conv2d Layer, BatchNorm2d? Norm, ActivationFunction Activation, bool HasSum);

    /// <summary>One step, or several that run as one.</summary>
    private sealed class Node(ForwardStep step, int[] operands, int output, Group? convolution = null)
    {
        public ForwardStep Step => step;

        public int[] Operands => operands;

        public int Output => output;

        public Group? Convolution => convolution;

        public bool MakesMemory => convolution is not null || step.MakesMemory;
    }

    /// <summary>Who reads which value.</summary>
    private sealed class Readers
    {
        private readonly Dictionary<int, List<Node>> _readers = [];
        private readonly int _result;

        public Readers(IEnumerable<Node> nodes, int result)
        {
            _result = result;
            foreach (Node node in nodes)
            {
                foreach (int value in node.Operands)
                {
                    if (!_readers.TryGetValue(value, out List<Node>? readers)) _readers[value] = readers = [];
                    readers.Add(node);
                }
            }
        }

        public List<Node> Of(int value) => _readers.TryGetValue(value, out List<Node>? readers) ? readers : [];

        /// <summary>The only step that reads a value, once; null if there are more, or where it is the result.</summary>
        public Node? Only(int value) => value != _result && Of(value) is [var reader] ? reader : null;

        /// <summary>Whether no step after this one reads a value, nor the caller.</summary>
        public bool IsLast(int value, Node node) => value != _result && ReferenceEquals(Of(value)[^1], node);
    }
}
