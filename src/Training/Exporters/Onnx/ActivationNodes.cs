using FineTune.Pipeline;
using static FineTune.Training.Exporters.Onnx.OnnxGraph;

namespace FineTune.Training.Exporters.Onnx;

/// <summary>Pointwise functions. GELU is ONNX's own operator from version 20 only: it is written as ONNX Runtime recognises it.</summary>
internal static class ActivationNodes
{
    public static string Add(OnnxGraph graph, string name, string input, ActivationFunction function)
    {
        switch (function)
        {
            case ActivationFunction.Relu:
                return graph.Add("Relu", name, [input]);
            case ActivationFunction.Relu6:
                return graph.Add("Clip", name, [input, graph.Number(0), graph.Number(6)]);
            case ActivationFunction.Tanh:
                return graph.Add("Tanh", name, [input]);
            case ActivationFunction.Sigmoid:
                return graph.Add("Sigmoid", name, [input]);
            case ActivationFunction.Silu:
                return graph.Add("Mul", name, [input, graph.Add("Sigmoid", $"{name}/sigmoid", [input])]);
            case ActivationFunction.HardSwish:
                return graph.Add("HardSwish", name, [input]);
            case ActivationFunction.HardSigmoid:
                return graph.Add("HardSigmoid", name, [input], Attribute("alpha", 1 / 6f), Attribute("beta", 0.5f));
            case ActivationFunction.Gelu:
                string root = graph.Add("Div", $"{name}/div", [input, graph.Number(MathF.Sqrt(2))]);
                string error = graph.Add("Erf", $"{name}/erf", [root]);
                string sum = graph.Add("Add", $"{name}/add", [error, graph.Number(1)]);
                string product = graph.Add("Mul", $"{name}/mul", [input, sum]);
                return graph.Add("Mul", name, [product, graph.Number(0.5f)]);
            default:
                throw new NotSupportedException(function.ToString());
        }
    }
}
