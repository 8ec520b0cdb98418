using System.Collections.Concurrent;
using System.Diagnostics;
using FineTune.Images;
using FineTune.Training.Processes;
using static TorchSharp.torch;

namespace FineTune.Training.Data;

/// <summary>
/// Decodes images in order on background threads, while other threads already use the decoded ones. Because of their low priority, a training
/// on the same processor takes precedence. The pixels depend only on the images, not on the number of threads.
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
    /// <param name="size">The size of the decoded images.</param>
    /// <param name="resize">How they are resized before they are cropped to that size, or null.</param>
    /// <param name="target">Returns, for the number of an image, the tensor <c>[N, H, W, 3]</c> and the row for its pixels.</param>
    public ImageDecoding(IReadOnlyList<LabeledImage> images, ImageSize size, ImageResize? resize, Func<int, (Tensor Pixels, long Row)> target)
    {
        _images = images;
        _size = size;
        _resize = resize;
        _target = target;
        _isDone = new bool[images.Count];
        _workers = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => BackgroundThread.Start(Work))];
    }

    /// <summary>The images that could not be read so far, by number, with the reasons.</summary>
    public IReadOnlyDictionary<int, string> Unreadable => _unreadable;

    /// <summary>The time that decoding took, once it is finished.</summary>
    public TimeSpan Elapsed => _clock.Elapsed;

    /// <summary>Whether a decoded image could be read.</summary>
    public bool IsReadable(int number) => !_unreadable.ContainsKey(number);

    /// <summary>Waits until the first images are decoded.</summary>
    /// <param name="count">The number of images.</param>
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

    /// <summary>Stops decoding.</summary>
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
            // WaitFor rethrows it to threads that wait for the image.
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
