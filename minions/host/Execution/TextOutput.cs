using Espresso.Hosting;
using Espresso.Manifests;
using Microsoft.ML.OnnxRuntime;

namespace Espresso.Minions.Execution;

/// <summary>An output of strings, one an item: on its way it is UTF-8 in UINT8 [n, length] with zeros after its end, as texts are that hooks write.</summary>
/// <param name="Info">What callers see of it.</param>
/// <param name="Rank">Dimensions in the graph: [n], or [n, 1] and so on.</param>
internal sealed record TextOutput(TensorInfo Info, int Rank)
{
    /// <returns>Null: no output of strings.</returns>
    /// <exception cref="StartupException">The manifest declares no text there, or an item has several strings.</exception>
    public static TextOutput? Of(string name, NodeMetadata node, Manifest manifest)
    {
        if (node is not { IsTensor: true, IsString: true })
            return null;
        if (manifest.Outputs.FirstOrDefault(output => output.Name == name) is not { Kind: OutputKind.Text, Length: var length })
            throw new StartupException($"{manifest.Name}: output '{name}': the network gives strings; declare it with kind: text and length:");
        return node.Dimensions.Length > 0 && node.Dimensions.Skip(1).All(side => side == 1)
            ? new TextOutput(new TensorInfo(name, Datatype.Uint8, [node.Dimensions[0], length]), node.Dimensions.Length)
            : throw new StartupException($"{manifest.Name}: output '{name}': the network gives strings [{string.Join(',', node.Dimensions)}]; one an item is served, [n] or [n,1]");
    }

    public OrtValue Room(int rows)
    {
        var shape = new long[Rank];
        Array.Fill(shape, 1);
        shape[0] = rows;
        return OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, shape);
    }

    /// <exception cref="InvalidOperationException">A text is longer than the manifest says: half of it would say something else.</exception>
    public void Write(OrtValue strings, int rows, TensorMemory into)
    {
        var length = (int)Info.Shape[1];
        for (var row = 0; row < rows; row++)
        {
            var text = strings.GetStringElementAsSpan(row);
            var room = into.Memory.Span.Slice(row * length, length);
            if (text.Length > length)
                throw new InvalidOperationException($"output '{Info.Name}' has a text of {text.Length} bytes, but the manifest's length is {length}");
            text.CopyTo(room);
            room[text.Length..].Clear();
        }
    }
}
