using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using FineTune.Weights;

namespace FineTune.Training.WeightFormats.Pickle;

/// <summary>
/// Reads the pickles that PyTorch writes, and only those: dictionaries, lists, tuples, numbers, text, and tensors as views of storages.
/// A pickle is a program for a stack machine that may call any function by its name; this reader accepts only the names of
/// <see cref="KnownNames"/> and creates plain values for them. It refuses every other name, and executes nothing
/// (Python's <c>pickletools</c> documents the opcodes).
/// </summary>
internal sealed class PickleReader(Stream stream)
{
    /// <summary>The largest number of operations. PyTorch writes a few hundred per tensor at most; a file with more is hostile.</summary>
    private const long MostOperations = 20_000_000;

    /// <summary>The largest size of the stack. Python's pickler writes collections in batches of 1,000, so its stack stays small.</summary>
    private const int DeepestStack = 1 << 16;

    /// <summary>The largest number of dimensions in PyTorch.</summary>
    private const int MostDimensions = 64;

    /// <summary>The largest number of elements of a view that repeats elements (stride 0): a few bytes could claim any number of them.</summary>
    private const long LargestRepetition = 1 << 28;

    private static readonly object Mark = new();

    private static readonly Dictionary<string, ElementType> Storages = new(StringComparer.Ordinal)
    {
        ["FloatStorage"] = ElementType.Float32,
        ["DoubleStorage"] = ElementType.Float64,
        ["HalfStorage"] = ElementType.Float16,
        ["BFloat16Storage"] = ElementType.BFloat16,
        ["LongStorage"] = ElementType.Int64,
        ["IntStorage"] = ElementType.Int32,
        ["ShortStorage"] = ElementType.Int16,
        ["CharStorage"] = ElementType.Int8,
        ["ByteStorage"] = ElementType.UInt8,
        ["BoolStorage"] = ElementType.Bool,
    };

    private static readonly HashSet<string> KnownNames = new(StringComparer.Ordinal)
    {
        "collections.OrderedDict", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter", "torch.Size",
    };

    private readonly Stack<object?> _stack = new();
    private readonly Dictionary<int, object?> _memo = [];
    private readonly Dictionary<string, PickledStorage> _storages = new(StringComparer.Ordinal);

    /// <summary>Every storage that the pickle refers to, by key, whether or not a tensor of the result uses it.</summary>
    public IReadOnlyDictionary<string, PickledStorage> ReferredStorages => _storages;

    /// <summary>Reads one pickle and leaves the stream just after it.</summary>
    /// <returns>A <see cref="PickledDictionary"/>, list, tuple (an array), number, text, <see cref="PickledTensor"/>, or null.</returns>
    /// <exception cref="InvalidDataException">The pickle is damaged, or requires something other than tensors; the message names it.</exception>
    public object? Read()
    {
        try
        {
            for (long operations = 0; operations < MostOperations; operations++)
            {
                int opcode = stream.ReadByte();
                if (opcode < 0) throw new InvalidDataException("The pickle is truncated.");
                if (opcode == '.') return _stack.Pop();
                Execute((byte)opcode);
                if (_stack.Count > DeepestStack) throw new InvalidDataException($"The pickle's stack has more than {DeepestStack} values, which no state dict needs.");
            }
            throw new InvalidDataException($"The pickle has more than {MostOperations} operations, which no state dict needs.");
        }
        catch (Exception e) when (e is InvalidOperationException or InvalidCastException or KeyNotFoundException or EndOfStreamException
            or FormatException or OverflowException or IndexOutOfRangeException or ArgumentException)
        {
            throw new InvalidDataException("The pickle is damaged: " + e.Message, e);
        }
    }

    private void Execute(byte opcode)
    {
        switch (opcode)
        {
            case 0x80: // PROTO
                ReadByte();
                break;
            case 0x95: // FRAME
                ReadBytes(8);
                break;
            case (byte)'(':
                _stack.Push(Mark);
                break;
            case (byte)'0':
                _stack.Pop();
                break;
            case (byte)'2':
                _stack.Push(_stack.Peek());
                break;
            case (byte)'N':
                _stack.Push(null);
                break;
            case 0x88: // NEWTRUE
                _stack.Push(true);
                break;
            case 0x89: // NEWFALSE
                _stack.Push(false);
                break;
            case (byte)'K':
                _stack.Push((long)ReadByte());
                break;
            case (byte)'M':
                _stack.Push((long)BinaryPrimitives.ReadUInt16LittleEndian(ReadBytes(2)));
                break;
            case (byte)'J':
                _stack.Push((long)BinaryPrimitives.ReadInt32LittleEndian(ReadBytes(4)));
                break;
            case 0x8a: // LONG1
                _stack.Push(ReadLong(ReadBytes(ReadByte())));
                break;
            case (byte)'G':
                _stack.Push(BinaryPrimitives.ReadDoubleBigEndian(ReadBytes(8)));
                break;
            case (byte)'X': // BINUNICODE
                _stack.Push(Encoding.UTF8.GetString(ReadBytes(ReadLength())));
                break;
            case 0x8c: // SHORT_BINUNICODE
                _stack.Push(Encoding.UTF8.GetString(ReadBytes(ReadByte())));
                break;
            case (byte)'T' or (byte)'B': // BINSTRING, BINBYTES
                _stack.Push(Encoding.Latin1.GetString(ReadBytes(ReadLength())));
                break;
            case (byte)'U' or (byte)'C': // SHORT_BINSTRING, SHORT_BINBYTES
                _stack.Push(Encoding.Latin1.GetString(ReadBytes(ReadByte())));
                break;
            case (byte)'}':
                _stack.Push(new PickledDictionary());
                break;
            case (byte)']':
                _stack.Push(new List<object?>());
                break;
            case (byte)')':
                _stack.Push(Array.Empty<object?>());
                break;
            case (byte)'t':
                _stack.Push(PopToMark());
                break;
            case 0x85 or 0x86 or 0x87: // TUPLE1, TUPLE2, TUPLE3
                _stack.Push(PopMany(opcode - 0x84));
                break;
            case (byte)'s':
                SetItems(PopMany(2));
                break;
            case (byte)'u':
                SetItems(PopToMark());
                break;
            case (byte)'a':
                Append(PopMany(1));
                break;
            case (byte)'e':
                Append(PopToMark());
                break;
            case (byte)'q':
                _memo[ReadByte()] = _stack.Peek();
                break;
            case (byte)'r':
                _memo[ReadLength()] = _stack.Peek();
                break;
            case 0x94: // MEMOIZE
                _memo[_memo.Count] = _stack.Peek();
                break;
            case (byte)'h':
                _stack.Push(_memo[ReadByte()]);
                break;
            case (byte)'j':
                _stack.Push(_memo[ReadLength()]);
                break;
            case (byte)'c': // GLOBAL
                _stack.Push(Name(ReadLine(), ReadLine()));
                break;
            case 0x93: // STACK_GLOBAL
                object?[] name = PopMany(2);
                _stack.Push(Name(As<string>(name[0]), As<string>(name[1])));
                break;
            case (byte)'Q': // BINPERSID
                _stack.Push(Storage(As<object?[]>(_stack.Pop())));
                break;
            case (byte)'R' or 0x81: // REDUCE, NEWOBJ
                object?[] call = PopMany(2);
                _stack.Push(Make(As<PickledName>(call[0]), As<object?[]>(call[1])));
                break;
            case (byte)'b': // BUILD: the attributes of a state dict (its versions) are not needed.
                _stack.Pop();
                break;
            default:
                throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"The pickle uses the operation 0x{opcode:X2}, which no state dict needs."));
        }
    }

    private static PickledName Name(string module, string name)
    {
        var result = new PickledName(module, name);
        bool known = KnownNames.Contains(result.ToString()) || (module is "torch" or "torch.storage" && Storages.ContainsKey(name));
        return known
            ? result
            : throw new InvalidDataException(
                $"It contains more than tensors: its pickle requires '{result}'. Nothing was executed. "
                + "Save model.state_dict() instead of the model; a file from another source that requires such names may be hostile.");
    }

    private static object? Make(PickledName name, object?[] arguments) => name.Name switch
    {
        "OrderedDict" => new PickledDictionary(),
        "Size" => arguments[0],
        "_rebuild_parameter" => As<PickledTensor>(arguments[0]),
        "_rebuild_tensor_v2" => Tensor(arguments),
        _ => throw new InvalidDataException($"The pickle calls '{name}', which cannot be called."),
    };

    private static PickledTensor Tensor(object?[] arguments)
    {
        var tensor = new PickledTensor(As<PickledStorage>(arguments[0]), As<long>(arguments[1]), Numbers(arguments[2]), Numbers(arguments[3]));
        bool fits = tensor.Shape.Length == tensor.Strides.Length && tensor.Shape.Length <= MostDimensions
            && Array.TrueForAll(tensor.Shape, static s => s >= 0)
            && Array.TrueForAll(tensor.Strides, static s => s >= 0) && tensor.Offset >= 0
            && checked(tensor.Offset + tensor.Extent) <= tensor.Storage.Count;
        if (!fits) throw new InvalidDataException($"The pickle has a tensor that exceeds its storage '{tensor.Storage.Key}'.");
        return tensor.Count <= Math.Max(tensor.Storage.Count, LargestRepetition)
            ? tensor
            : throw new InvalidDataException($"The pickle has a tensor of {tensor.Count} numbers in a storage of {tensor.Storage.Count}.");
    }

    private static long[] Numbers(object? tuple) => [.. As<object?[]>(tuple).Select(static n => As<long>(n))];

    private PickledStorage Storage(object?[] id)
    {
        var type = As<PickledName>(id[1]);
        if (id[0] is not "storage" || !Storages.TryGetValue(type.Name, out ElementType element)) throw new InvalidDataException($"The pickle refers to '{type}' as a storage.");
        long count = As<long>(id[4]);
        if (count < 0 || count > long.MaxValue / element.Size()) throw new InvalidDataException($"The pickle has a storage of {count} numbers.");
        var storage = new PickledStorage(As<string>(id[2]), element, count);
        if (!_storages.TryAdd(storage.Key, storage) && _storages[storage.Key] != storage)
        {
            throw new InvalidDataException($"The pickle describes the storage '{storage.Key}' in two ways.");
        }
        return storage;
    }

    private void SetItems(object?[] items)
    {
        var dictionary = As<PickledDictionary>(_stack.Peek());
        for (int i = 0; i + 1 < items.Length; i += 2) dictionary.Add(items[i], items[i + 1]);
    }

    private void Append(object?[] items) => As<List<object?>>(_stack.Peek()).AddRange(items);

    private static T As<T>(object? value) => value is T typed ? typed : throw new InvalidCastException($"{value ?? "nothing"} was found instead of a {typeof(T).Name}");

    private object?[] PopMany(int count)
    {
        object?[] items = new object?[count];
        for (int i = count - 1; i >= 0; i--) items[i] = _stack.Pop();
        return items;
    }

    private object?[] PopToMark()
    {
        List<object?> items = [];
        while (_stack.Pop() is var item && !ReferenceEquals(item, Mark)) items.Add(item);
        items.Reverse();
        return [.. items];
    }

    /// <summary>A whole number of any length; one that does not fit 64 bits (PyTorch's magic number) becomes its hexadecimal text.</summary>
    private static object ReadLong(byte[] bytes)
    {
        var number = new System.Numerics.BigInteger(bytes);
        return number >= long.MinValue && number <= long.MaxValue ? (long)number : number.ToString("x", CultureInfo.InvariantCulture);
    }

    private int ReadLength() => checked((int)BinaryPrimitives.ReadUInt32LittleEndian(ReadBytes(4)));

    private byte ReadByte()
    {
        int value = stream.ReadByte();
        return value < 0 ? throw new EndOfStreamException() : (byte)value;
    }

    private byte[] ReadBytes(int count)
    {
        // A length beyond the end of the stream is an error.
        if (stream.CanSeek && count > stream.Length - stream.Position) throw new EndOfStreamException();
        byte[] bytes = new byte[count];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private string ReadLine()
    {
        var text = new StringBuilder();
        while (ReadByte() is var c && c != '\n')
        {
            if (text.Length > 1000) throw new FormatException("a name is longer than 1,000 characters");
            text.Append((char)c);
        }
        return text.ToString();
    }
}
