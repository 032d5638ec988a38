using System.Buffers;
using System.Text;
using Grpc.Core;

namespace Espresso.Standins.Tests.Contracts;

public sealed class MarshallerTests
{
    [Fact]
    public void Marshaller_OverBuffers_WorksOverArraysToo()
    {
        var marshaller = Marshallers.Create<string>(
            static (message, context) =>
            {
                context.SetPayloadLength(Encoding.UTF8.GetByteCount(message));
                context.GetBufferWriter().Write(Encoding.UTF8.GetBytes(message));
                context.Complete();
            },
            static context =>
            {
                context.PayloadLength.ShouldBe(7);
                return Encoding.UTF8.GetString(context.PayloadAsReadOnlySequence());
            });

        var bytes = marshaller.Serializer("größe");

        bytes.ShouldBe("größe"u8.ToArray());
        marshaller.Deserializer(bytes).ShouldBe("größe");
    }

    [Fact]
    public void Marshaller_OverBuffersThatDoesNotComplete_Throws()
    {
        var marshaller = Marshallers.Create<string>(static (_, _) => { }, static _ => "");

        Should.Throw<InvalidOperationException>(() => marshaller.Serializer("x"));
    }

    [Fact]
    public void Marshaller_OverArrays_WorksOverBuffersToo()
    {
        var context = new RecordingContext();

        Marshallers.StringMarshaller.ContextualSerializer("größe", context);

        context.Payload.ShouldBe("größe"u8.ToArray());
        Marshallers.StringMarshaller.Deserializer(context.Payload!).ShouldBe("größe");
    }

    private sealed class RecordingContext : SerializationContext
    {
        public byte[]? Payload { get; private set; }

        public override void Complete(byte[] payload) => Payload = payload;
    }
}
