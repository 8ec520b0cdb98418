using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using FineTune.Images;
using FineTune.Inference;
using FineTune.Training.Assets;
using FineTune.Training.Diagnostics;
using FineTune.Training.Modules;
using FineTune.Training.Stages;
using FineTune.Training.Weights;
using ModelSpec.Layers;
using ModelSpec.Networks;
using ModelSpec.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Commands;

/// <summary><c>finetune embed SPEC FILES…</c>: the features of images, for similarity search, duplicates, and for checks against other libraries.</summary>
internal sealed class EmbedCommand : SpecCommand, IHasExamples
{
    private readonly Argument<string[]> _files = new("files") { Description = "The images.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string?> _weights = new("--weights") { Description = "The trained weights; next to the spec by default." };
    private readonly Option<bool> _pretrained = new("--pretrained") { Description = "Uses the pretrained weights of the backbone, as they were before training." };
    private readonly Option<string?> _layer = new("--layer") { Description = "The layer whose output is taken, as 'finetune inspect' names it; the last of the backbone by default." };
    private readonly Option<string?> _npz = new("--npz") { Description = "Writes a NumPy archive with the arrays 'files' and 'features' [N, F]." };
    private readonly Option<string> _device = new("--device") { Description = "auto, cpu, cuda or cuda:N.", DefaultValueFactory = static _ => "auto" };

    public EmbedCommand()
        : base("embed", "Prints the features of images: the global average of the backbone's output, or of another layer's.")
    {
        Add(_files);
        Add(_weights);
        Add(_pretrained);
        Add(_layer);
        AddJson();
        Add(_npz);
        Add(_device);
    }

    /// <inheritdoc />
    public IReadOnlyList<string> Examples => ["finetune embed flowers.modelspec photos/*.jpg --npz features.npz", "finetune embed flowers.modelspec photo.jpg --pretrained --layer block5_pool"];

    protected override void Run(SpecSource spec, ParseResult parse, IProgressLog log, CancellationToken cancellation)
    {
        Network network = spec.Network;
        Layer layer = Find(network, parse.GetValue(_layer), spec);
        if (layer.InHead && parse.GetValue(_pretrained)) throw spec.Name.Error(TrainingDiagnostics.NoPretrainedHead, layer.Name);
        (Device device, _) = Devices.Choose(parse.GetValue(_device)!, spec.Name);
        using var module = new NetworkModule(network);
        if (parse.GetValue(_pretrained)) LoadPretrained(module, spec, Assets(parse), log, cancellation);
        else TrainedWeights.Load(parse.GetValue(_weights) ?? TrainedWeights.FileOf(spec), module, spec);
        module.to(device);
        module.eval();

        string[] files = parse.GetValue(_files)!;
        float[][] features = [.. Compute(module, files, layer.Index + 1, device, spec, cancellation)];
        if (parse.GetValue(_npz) is { } npz) NpzFile.Write(npz, files, features);
        if (PrintsJson(parse)) WriteJson(files, features);
        else if (parse.GetValue(_npz) is null) WriteText(files, features);
    }

    private static Layer Find(Network network, string? name, SpecSource spec)
    {
        if (name is null) return network.Layers[network.BodyLength - 1];
        string[] names = [.. network.Layers.Select(static l => l.DisplayName)];
        return network.Layers.FirstOrDefault(l => l.DisplayName == name)
            ?? throw spec.Name.Error(TrainingDiagnostics.NoLayer, name, NearestName.Find(name, names) is { } nearest ? $" Did you mean '{nearest}'?" : "");
    }

    private static void LoadPretrained(NetworkModule module, SpecSource spec, AssetFolders assets, IProgressLog log, CancellationToken cancellation)
    {
        using HttpClient client = Downloader.CreateClient();
        string file = new PretrainedWeights(assets, new Downloader(assets, log, client)).Locate(spec, cancellation)
            ?? throw spec.Weights.Error(TrainingDiagnostics.NoPretrained);
        PretrainedCheck.Report(file, BackboneWeights.Load(file, module, spec, cancellation), spec, log, cancellation);
    }

    /// <summary>Runs the first layers in float32, as predictions do, and averages each channel over rows and columns.</summary>
    private static IEnumerable<float[]> Compute(
        NetworkModule module, string[] files, int depth, Device device, SpecSource spec, CancellationToken cancellation)
    {
        Network network = module.Network;
        ImageSize size = ImageSizes.Of(network);
        ImageResize? resize = ImageResizes.Of(network);
        PixelTransform transform = PixelTransforms.Of(network);
        using InferenceNetwork layers = module.ForInference(0, depth, ScalarType.Float32);
        foreach (string[] batch in files.Chunk(PassSize.Of(network, depth, device)))
        {
            cancellation.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            Tensor pixels = zeros([batch.Length, size.Height, size.Width, 3], ScalarType.Byte);
            for (int i = 0; i < batch.Length; i++)
            {
                using Tensor image = pixels[i];
                Decode(batch[i], size, resize, image, spec);
            }
            foreach (float[] row in ChannelMeans.Compute(layers.Forward(transform.Apply(pixels.to(device))))) yield return row;
        }
    }

    private static void Decode(string path, ImageSize size, ImageResize? resize, Tensor image, SpecSource spec)
    {
        try
        {
            ImageDecoder.Decode(EncodedImage.Read(path, ImageLimits.Default), size, image.bytes, resize: resize);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw spec.Name.Error(e, TrainingDiagnostics.CannotEmbed, path, e.Message);
        }
    }

    private static void WriteJson(string[] files, float[][] features)
    {
        using Stream output = Console.OpenStandardOutput();
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartArray();
            foreach ((string file, float[] row) in files.Zip(features))
            {
                json.WriteStartObject();
                json.WriteString("file", file);
                json.WriteStartArray("features");
                foreach (float value in row) json.WriteNumberValue(value);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        output.WriteByte((byte)'\n');
    }

    private static void WriteText(string[] files, float[][] features)
    {
        foreach ((string file, float[] row) in files.Zip(features))
        {
            Console.WriteLine($"{file}\t{string.Join('\t', row.Select(static value => value.ToString("R", CultureInfo.InvariantCulture)))}");
        }
    }
}
