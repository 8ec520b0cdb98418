using static TorchSharp.torch;

namespace FineTune.Inference;

/// <summary>A classifier's network in the form made for inference: made when it is first needed, and made again after its weights or its device changed.</summary>
/// <param name="describe">Runs the classifier's layers, the last of which is its <see cref="ClassifierHead"/>.</param>
internal sealed class InferenceForm(ForwardPass.Description describe)
{
    private readonly Lock _gate = new();
    private (InferenceNetwork Body, InferenceNetwork Head, Device Device)? _known;

    /// <summary>The network on a device, with the weights that it had when it was first asked for.</summary>
    public (InferenceNetwork Body, InferenceNetwork Head) For(Device device)
    {
        lock (_gate)
        {
            if (_known is { } known && known.Device.type == device.type && known.Device.index == device.index) return (known.Body, known.Head);
            Drop();
            (InferenceNetwork body, InferenceNetwork head) = InferenceNetwork.Split(describe);
            _known = (body, head, device);
            return (body, head);
        }
    }

    /// <summary>Makes the next call start from the weights as they are then.</summary>
    public void Forget()
    {
        lock (_gate) Drop();
    }

    private void Drop()
    {
        _known?.Body.Dispose();
        _known?.Head.Dispose();
        _known = null;
    }
}
