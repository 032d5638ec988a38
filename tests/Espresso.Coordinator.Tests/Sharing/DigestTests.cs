using Espresso.Coordinator.Sharing;

namespace Espresso.Coordinator.Tests.Sharing;

public sealed class DigestTests
{
    [Fact]
    public void Digest_IsTheSha256() =>
        Digest.Of("abc"u8).ToString().ShouldBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");

    [Fact]
    public void Digest_OfOtherBytes_IsAnother() => Digest.Of("abc"u8).ShouldNotBe(Digest.Of("abd"u8));
}
