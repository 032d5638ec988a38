using Grpc.Core;

namespace Espresso.Standins.Tests.Contracts;

public sealed class MetadataContractTests
{
    [Theory]
    [InlineData("with space")]
    [InlineData("umläut")]
    [InlineData("colon:")]
    [InlineData("")]
    public void Entry_KeyThatCannotTravel_Throws(string key) =>
        Should.Throw<ArgumentException>(() => new Metadata.Entry(key, "value"));

    [Fact]
    public void Entry_KindThatDoesNotFitTheKey_Throws()
    {
        Should.Throw<ArgumentException>(() => new Metadata.Entry("text", [1]));
        Should.Throw<ArgumentException>(() => new Metadata.Entry("bytes-bin", "text"));
    }

    [Fact]
    public void Entry_Bytes_AreCopiedInAndOut()
    {
        byte[] bytes = [1, 2, 3];
        var entry = new Metadata.Entry("Key-BIN", bytes);

        bytes[0] = 9;
        entry.ValueBytes[1] = 9;

        entry.Key.ShouldBe("key-bin");
        entry.ValueBytes.ShouldBe([1, 2, 3]);
        Should.Throw<InvalidOperationException>(() => entry.Value);
    }

    [Fact]
    public void Get_KeyWithSeveralValues_GivesTheLastInAnyCase()
    {
        var metadata = new Metadata { { "a", "1" }, { "b", "x" }, { "a", "2" } };

        metadata.GetValue("A").ShouldBe("2");
        metadata.Get("none").ShouldBeNull();
        metadata.GetValueBytes("a").ShouldBe("2"u8.ToArray());
        metadata.GetAll("a").Select(entry => entry.Value).ShouldBe(["1", "2"]);
    }

    [Fact]
    public void List_AllOfItsMethods_KeepTheOrder()
    {
        Metadata.Entry a = new("a", "1"), b = new("b", "2"), c = new("c", "3");
        var metadata = new Metadata { a };
        metadata.Add(c);
        metadata.Insert(1, b);
        metadata.ShouldBe([a, b, c]);
        metadata.IndexOf(b).ShouldBe(1);
        metadata.Contains(c).ShouldBeTrue();

        metadata.Remove(a).ShouldBeTrue();
        metadata.RemoveAt(0);
        metadata[0] = b;
        var copy = new Metadata.Entry[1];
        metadata.CopyTo(copy, 0);
        copy.ShouldBe([b]);

        metadata.Clear();
        metadata.Count.ShouldBe(0);
    }

    [Fact]
    public void Empty_AddedTo_Throws()
    {
        Metadata.Empty.IsReadOnly.ShouldBeTrue();
        Should.Throw<InvalidOperationException>(() => Metadata.Empty.Add("a", "1"));
        new RpcException(Status.DefaultCancelled).Trailers.ShouldBeSameAs(Metadata.Empty);
    }
}
