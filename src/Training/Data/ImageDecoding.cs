using System.Collections.Concurrent;
using System.Diagnostics;
using FineTune.Images;
using FineTune.Training.Processes;
using static TorchSharp.torch;

namespace FineTune.Training.Data;

/// <summary>
/// Decodes images in order on threads of its own, while others already work with those that are done. Where a GPU works with them, the
/// processors have nothing else to do; where they do that too, decoding takes what they leave. The pixels depend on the images alone,
/// regardless of the number of threads.
/// </summary>
internal sealed class ImageDecoding : IDisposable
{
    private readonly IReadOnlyList<LabeledImage> _images;
    private readonly Func<int, (Tensor Pixels, long Row)> _target;
    private readonly ImageSize _size;
    private readonly ImageResize? _resize;
    private readonly ConcurrentDictionary<int, string> _unreadable = new();
    private readonly bool[] _isDone;
    private readonly object _progress = new();
    private readonly Thread[] _workers;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private int _next = -1;
    private int _done;
    private Exception? _error;
    private volatile bool _stops;

    /// <summary>Begins to decode.</summary>
    /// <param name="images">The images in the order in which they are needed.</param>
    /// <param name="size">The size to bring them to.</param>
    /// <param name="resize">How they are resized before the centre of that size is cut out, or null.</param>
    /// <param name="target">For the number of an image, the tensor <c>[N, H, W, 3]</c> and the row that get its pixels.</param>
    public ImageDecoding(IReadOnlyList<LabeledImage> images, ImageSize size, ImageResize? resize, Func<int, (Tensor Pixels, long Row)> target)
    {
        _images = images;
        _size = size;
        _resize = resize;
        _target = target;
        _isDone = new bool[images.Count];
        _workers = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => BackgroundThread.Start(Work))];
    }

    /// <summary>The images that could not be read so far, by number, and why.</summary>
    public IReadOnlyDictionary<int, string> Unreadable => _unreadable;

    /// <summary>How long it took, once it is done.</summary>
    public TimeSpan Elapsed => _clock.Elapsed;

    /// <summary>Whether an image that is done could be read.</summary>
    public bool IsReadable(int number) => !_unreadable.ContainsKey(number);

    /// <summary>Waits until the first images are done.</summary>
    /// <param name="count">How many.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public void WaitFor(int count, CancellationToken cancellation = default)
    {
        using CancellationTokenRegistration wake = cancellation.UnsafeRegister(static decoding => ((ImageDecoding)decoding!).Wake(), this);
        lock (_progress)
        {
            while (_done < count && _error is null && !cancellation.IsCancellationRequested) Monitor.Wait(_progress);
            cancellation.ThrowIfCancellationRequested();
            if (_error is not null) throw new InvalidOperationException("Decoding failed.", _error);
        }
    }

    /// <summary>Ends it, whatever is done.</summary>
    public void Dispose()
    {
        _stops = true;
        foreach (Thread worker in _workers) worker.Join();
    }

    private void Wake()
    {
        lock (_progress) Monitor.PulseAll(_progress);
    }

    private void Work()
    {
        try
        {
            for (int i = Interlocked.Increment(ref _next); i < _images.Count && !_stops; i = Interlocked.Increment(ref _next))
            {
                Decode(i);
                lock (_progress)
                {
                    _isDone[i] = true;
                    while (_done < _isDone.Length && _isDone[_done]) _done++;
                    if (_done == _isDone.Length) _clock.Stop();
                    Monitor.PulseAll(_progress);
                }
            }
        }
        catch (Exception e)
        {
            // Told by WaitFor, where somebody waits for the image.
            lock (_progress)
            {
                _error = e;
                Monitor.PulseAll(_progress);
            }
        }
    }

    private void Decode(int number)
    {
        (Tensor pixels, long row) = _target(number);
        using Tensor image = pixels[row];
        try
        {
            ImageDecoder.Decode(EncodedImage.Read(_images[number].Path, ImageLimits.Default), _size, image.bytes, resize: _resize);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            _unreadable[number] = e.Message;
            image.zero_();
        }
    }
}
