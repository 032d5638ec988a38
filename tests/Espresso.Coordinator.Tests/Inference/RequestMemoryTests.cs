using Espresso.Coordinator.Inference;
using Espresso.Wire;

namespace Espresso.Coordinator.Tests.Inference;

public sealed class RequestMemoryTests
{
    [Fact]
    public void Payloads_Kept_GoBackTogether()
    {
        var memory = new RequestMemory();
        var (first, second) = (memory.Keep(Payload.Rent(100)), memory.Keep(Payload.Rent(100)));
        memory.Dispose();
        Should.Throw<ObjectDisposedException>(() => first.Span.Length);
        Should.Throw<ObjectDisposedException>(() => second.Span.Length);
    }

    [Fact]
    public void Payload_OfABrokenCall_StaysUsableUntilTheEndAndIsNeverReused()
    {
        var memory = new RequestMemory();
        var payload = memory.Keep(Payload.Rent(3_000_000)); // of a size that nothing else here rents
        var bytes = payload.Memory; // what a broken-off send still reads
        bytes.Span[0] = 77;
        RequestMemory.Distrust([payload]);
        payload.Span[0].ShouldBe((byte)77); // another attempt sends it again
        memory.Dispose();
        using var next = Payload.Rent(3_000_000);
        next.Span[0] = 1;
        bytes.Span[0].ShouldBe((byte)77);
    }
}
