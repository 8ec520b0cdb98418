using FineTune.Native;
using FineTune.Training.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Training.Tests.Data;

public class TensorStoreTests
{
    public TensorStoreTests() => NativeLibraries.Load();

    [Fact]
    public void What_exceeds_the_budget_is_in_files_that_leave_nothing_behind()
    {
        using var folder = new TemporaryFolder();
        var store = new TensorStore(budget: 4 * 1000, folder["scratch"]);
        StoredTensor inMemory = store.Allocate([10, 100], ScalarType.Float32);
        Assert.False(Directory.Exists(folder["scratch"]));

        using (StoredTensor mapped = store.Allocate([3, 5], ScalarType.BFloat16))
        {
            mapped.Values.fill_(2.5);
            Assert.Equal([3, 5], mapped.Values.shape);
            Assert.Equal(37.5, mapped.Values.to_type(ScalarType.Float64).sum().item<double>());
            Assert.True(Directory.Exists(folder["scratch"]));
        }
        Assert.Empty(Directory.GetFiles(folder["scratch"]));

        // Released memory can be allocated again.
        inMemory.Dispose();
        Directory.Delete(folder["scratch"]);
        store.Allocate([1000], ScalarType.Float32).Dispose();
        Assert.False(Directory.Exists(folder["scratch"]));
    }

    [Fact]
    public void By_default_most_of_the_memory_is_left_for_other_things()
    {
        long available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

        Assert.InRange(TensorStore.DefaultBudget(), 1, available / 4);
        Assert.InRange(TensorStore.DefaultBudget(), 1, 1536L << 20);
    }

    [Fact]
    public void A_disk_without_room_is_an_error_before_anything_is_mapped()
    {
        using var folder = new TemporaryFolder();
        var store = new TensorStore(budget: 0, folder["scratch"]);

        Assert.Throws<IOException>(() => store.Allocate([1L << 45], ScalarType.Byte));
        Assert.Empty(Directory.GetFiles(folder["scratch"]));
    }
}
