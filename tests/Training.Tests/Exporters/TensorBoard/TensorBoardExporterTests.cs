using System.Buffers.Binary;
using FineTune.Training;
using FineTune.Training.Exporters.TensorBoard;
using FineTune.Training.Exporters.TensorBoard.Format;

namespace Training.Tests.Exporters.TensorBoard;

public class TensorBoardExporterTests
{
    /// <summary>RFC 3720, appendix B.4, and the check value of CRC-32C for the digits 1 to 9.</summary>
    [Fact]
    public void Checksums_are_those_of_the_standard()
    {
        Assert.Equal(0xE3069283u, Crc32C.Of("123456789"u8));
        Assert.Equal(0x8A9136AAu, Crc32C.Of(new byte[32]));
        Assert.Equal(0x62A8AB43u, Crc32C.Of([.. Enumerable.Repeat((byte)0xFF, 32)]));
        Assert.Equal(0x46DD794Eu, Crc32C.Of([.. Enumerable.Range(0, 32).Select(static i => (byte)i)]));
    }

    [Fact]
    public void The_event_file_has_the_curves_of_each_stage_in_records_with_right_checksums()
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read(
            ("[[stage]]\nname = \"warm-up\"", "[[export]]\nformat = \"tensorboard\"\n\n[[stage]]\nname = \"warm-up\""),
            ("split = { train = 0.75, test = 0.25 }", "split = { train = 0.5, validation = 0.25, test = 0.25 }"));

        project.Train(spec);

        string path = project["tiny.tensorboard/events.out.tfevents.tiny"];
        byte[] first = File.ReadAllBytes(path);
        List<Event> events = Read(first);
        Assert.Equal("brain.Event:2", events[0].FileVersion);
        (string Tag, long Step)[] scalars = [.. events.Skip(1).SelectMany(static e => e.Summary.Value.Select(value => (value.Tag, e.Step)))];
        Assert.Equal([1, 2, 3], scalars.Where(static s => s.Tag == "warm-up/loss").Select(static s => s.Step));
        Assert.Equal([4, 5, 6], scalars.Where(static s => s.Tag == "fine-tune/validation_accuracy").Select(static s => s.Step));
        Assert.Equal([3, 6], scalars.Where(static s => s.Tag == "test/accuracy").Select(static s => s.Step));
        Assert.All(events.Skip(1).SelectMany(static e => e.Summary.Value), static value => Assert.True(value.HasSimpleValue && float.IsFinite(value.SimpleValue)));

        File.Delete(path);
        project.BringUpToDate(spec);
        Assert.Equal(first, File.ReadAllBytes(path));
    }

    [Fact]
    public void A_model_card_has_front_matter_and_the_figures_of_the_test()
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read(
            ("[[stage]]\nname = \"warm-up\"", "[[export]]\nformat = \"model-card\"\nlicense = \"mit\"\n\n[[stage]]\nname = \"warm-up\""),
            ("\"red sky\", \"green sea\"", "\"Red <Sky>\", \"green|sea\""));
        Directory.Move(project["pictures/Red-Sky"], project["pictures/Red <Sky>"]);
        Directory.Move(project["pictures/green_sea"], project["pictures/green|sea"]);

        project.Train(spec);

        string card = File.ReadAllText(project["tiny.model-card.md"]);
        string[] parts = card.Split("---\n", 3);
        Assert.Equal("", parts[0]);
        Assert.StartsWith("license: \"mit\"\nlibrary_name: finetune-build\npipeline_tag: image-classification\ntags:\n- image-classification\n- \"tiny\"\n", parts[1], StringComparison.Ordinal);
        Assert.Contains("datasets:\n- \"pictures\"\nmetrics:\n- accuracy\n", parts[1], StringComparison.Ordinal);
        Assert.DoesNotContain("base_model", parts[1], StringComparison.Ordinal);
        Assert.Matches("\n      value: [01](\\.\\d+)?\n", parts[1]);
        Assert.Contains("of 8 images; 95% Wilson interval", parts[2], StringComparison.Ordinal);
        Assert.Contains("| Red &lt;Sky> |", parts[2], StringComparison.Ordinal);
        Assert.Contains("| green\\|sea |", parts[2], StringComparison.Ordinal);
    }

    private static List<Event> Read(ReadOnlySpan<byte> file)
    {
        List<Event> events = [];
        while (!file.IsEmpty)
        {
            int length = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(file));
            Assert.Equal(Crc32C.Masked(file[..8]), BinaryPrimitives.ReadUInt32LittleEndian(file[8..]));
            Assert.Equal(Crc32C.Masked(file.Slice(12, length)), BinaryPrimitives.ReadUInt32LittleEndian(file[(12 + length)..]));
            events.Add(Event.Parser.ParseFrom(file.Slice(12, length)));
            file = file[(16 + length)..];
        }
        return events;
    }
}
