using Grpc.Core;
using Grpc.Net.Compression;

namespace Espresso.Standins.Tests.Contracts;

/// <summary>The runtime binds the server and the client library to these assemblies by full name.</summary>
public sealed class IdentityTests
{
    [Theory]
    [InlineData(typeof(Metadata), "Grpc.Core.Api")]
    [InlineData(typeof(ICompressionProvider), "Grpc.Net.Common")]
    [InlineData(typeof(ConnectivityState), "Grpc.Net.Common")]
    public void Assembly_StandIn_HasTheOriginalsName(Type type, string name) =>
        type.Assembly.FullName.ShouldBe($"{name}, Version=2.0.0.0, Culture=neutral, PublicKeyToken=d754f35622e28bad");
}
