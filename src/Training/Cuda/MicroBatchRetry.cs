using System.Globalization;

namespace FineTune.Training.Cuda;

/// <summary>Repeats a batch in smaller parts when it does not fit into the device's memory. What fits once is kept for the batches after it.</summary>
/// <param name="whole">The whole batch at once.</param>
/// <param name="log">Receives a line for each halving.</param>
internal sealed class MicroBatchRetry(MicroBatch whole, IProgressLog log)
{
    /// <summary>What fits, as far as is known.</summary>
    public MicroBatch Current { get; private set; } = whole;

    /// <summary>Computes a batch.</summary>
    /// <param name="batch">
    /// Computes the gradient of the batch in parts. It may be called several times for one batch: each call has to begin with the same random numbers,
    /// and may change neither weights nor running statistics before it has succeeded.
    /// </param>
    /// <param name="cancellation">Ends the attempts.</param>
    /// <returns>The result of the attempt that fitted.</returns>
    /// <exception cref="System.Runtime.InteropServices.ExternalException">The smallest part does not fit, or something else failed.</exception>
    public T Run<T>(Func<MicroBatch, T> batch, CancellationToken cancellation = default)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                return batch(Current);
            }
            catch (System.Runtime.InteropServices.ExternalException e) when (DeviceMemory.IsExhausted(e) && Current.Halved() is not null)
            {
                // The tensors of the attempt are freed when its scopes are left, which has happened here.
                Current = Current.Halved()!;
            }
            log.Line(string.Create(CultureInfo.InvariantCulture,
                $"The device's memory is too small for the batch: {Current.Size} images at once from now on, with gradients summed, so that the batch stays the same"));
        }
    }
}
