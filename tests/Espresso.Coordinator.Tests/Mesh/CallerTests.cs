using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Espresso.Protos.Coordinator;
using Google.Protobuf;
using Grpc.Core;

namespace Espresso.Coordinator.Tests.Mesh;

/// <summary>A request names its tenant and its class, and the minion hears of both with their weight.</summary>
public sealed class CallerTests : IAsyncLifetime
{
    private static readonly byte[] Ten = FakePictures.File(40, 30, 10);

    private TestMesh _mesh = null!;

    public async ValueTask InitializeAsync() =>
        _mesh = await TestMesh.Start(TimeProvider.System, options => options.TenantWeights = "search=3,default=2", Packages.Depth(), Packages.Depth("1.0"));

    public async ValueTask DisposeAsync()
    {
        await _mesh.ShouldBeEmpty();
        await _mesh.DisposeAsync();
    }

    [Theory]
    [InlineData("", "default interactive 16")]
    [InlineData("&tenant=search", "search interactive 24")]
    [InlineData("&tenant=search&class=batch", "search batch 3")]
    [InlineData("&tenant=a.b-C_7&class=interactive", "a.b-C_7 interactive 8")]
    public async Task Query_NamesTheCaller(string query, string told)
    {
        (await _mesh.Infer($"?models=depth{query}", Ten)).Response.StatusCode.ShouldBe(HttpStatusCode.OK);
        Told().ShouldBe([told]);
    }

    [Fact]
    public async Task Headers_NameTheCaller()
    {
        (await Post("", ("X-Espresso-Tenant", "search"), ("X-Espresso-Class", "batch"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        Told().ShouldBe(["search batch 3"]);
    }

    [Fact]
    public async Task RequestPart_NamesTheCaller()
    {
        using var form = Form("""{"models":["depth"],"tenant":"search","class":"batch"}""");
        (await _mesh.Http.PostAsync("/v1/infer", form)).StatusCode.ShouldBe(HttpStatusCode.OK);
        Told().ShouldBe(["search batch 3"]);
    }

    [Theory]
    [InlineData("", "", "search", "batch")]
    [InlineData("search", "batch", null, null)]
    [InlineData("search", "", "search", "batch")]
    public async Task Grpc_NamesTheCallerInTheRequestOrInMetadata(string tenant, string patience, string? tenantHeader, string? classHeader)
    {
        await Call(tenant, patience, tenantHeader, classHeader);
        Told().ShouldBe(["search batch 3"]);
    }

    [Fact]
    public async Task Caller_SaidTwiceAlike_IsTaken()
    {
        (await Post("&tenant=search", ("X-Espresso-Tenant", "search"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        Told().ShouldBe(["search interactive 24"]);
    }

    [Theory]
    [InlineData("&tenant=", "a tenant's name is 1 to 64 of a–z, A–Z, 0–9, '-', '_', '.'; found ''")]
    [InlineData("&tenant=caf%C3%A9", "found 'café'")]
    [InlineData("&tenant=a%20b", "found 'a b'")]
    [InlineData("&tenant=a&tenant=b", "found 'a,b'")]
    [InlineData("&class=urgent", "a class is interactive or batch; found 'urgent'")]
    [InlineData("&class=Batch", "found 'Batch'")]
    public async Task Name_ThatBreaksTheRule_IsToldTheRule(string query, string naming) => await ShouldRefuse(await Post(query), naming);

    [Fact]
    public async Task Tenant_TooLong_IsToldShortened() =>
        await ShouldRefuse(await Post($"&tenant={new string('a', 65)}"), $"found '{new string('a', 40)}…'");

    [Theory]
    [InlineData("&tenant=search", "X-Espresso-Tenant", "ads", "the tenant is 'search' in one place and 'ads' in another")]
    [InlineData("&class=interactive", "X-Espresso-Class", "batch", "the class is interactive in one place and batch in another")]
    [InlineData("", "X-Espresso-Tenant", "a b", "found 'a b'")]
    public async Task Header_WrongOrContradicted_IsTold(string query, string header, string value, string naming) =>
        await ShouldRefuse(await Post(query, (header, value)), naming);

    [Theory]
    [InlineData("""{"tenant":7}""", "part 'request': tenant: a string")]
    [InlineData("""{"class":"slow"}""", "a class is interactive or batch; found 'slow'")]
    public async Task RequestPart_Wrong_IsTold(string json, string naming)
    {
        using var form = Form(json);
        await ShouldRefuse(await _mesh.Http.PostAsync("/v1/infer", form), naming);
    }

    [Theory]
    [InlineData("a b", "", null, "a tenant's name is 1 to 64")]
    [InlineData("", "slow", null, "a class is interactive or batch; found 'slow'")]
    [InlineData("search", "", "ads", "the tenant is 'ads' in one place and 'search' in another")]
    public async Task Grpc_Wrong_IsInvalidArgument(string tenant, string patience, string? header, string naming)
    {
        var error = await Should.ThrowAsync<RpcException>(Call(tenant, patience, header, null));
        error.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        error.Status.Detail.ShouldContain(naming);
    }

    [Fact]
    public async Task Pictures_OfTwoTenants_ShareNothing()
    {
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var both = new SemaphoreSlim(0);
        _mesh.Process.Models.Before["depth"] = _ =>
        {
            both.Release();
            return goOn.Task;
        };
        var requests = new[] { "search", "ads" }.Select(tenant => _mesh.Infer($"?models=depth&tenant={tenant}", Ten)).ToList();
        await both.WaitAsync();
        await both.WaitAsync();
        goOn.SetResult();
        await Task.WhenAll(requests);
        Told().ShouldBe(["search interactive 24", "ads interactive 8"], ignoreOrder: true);
        _mesh.Process.Pictures.Decodes.ShouldBe(2);
    }

    [Fact]
    public async Task Shadow_RunsOnItsOwnAccount()
    {
        using var put = await _mesh.Http.PutAsync("/v1/models/depth/traffic", new StringContent("""{"default":"0.1","shadow":{"version":"1.0","percent":100}}"""));
        using var ran = new MetricCount(_mesh, "espresso.coordinator.shadow.runs", "ok", 1);
        await Post("&tenant=search");
        await ran.All;
        Told().ShouldBe(["search interactive 24", "shadow batch 1"]);
    }

    private IEnumerable<string> Told() => _mesh.Process.Models.Parameters.Select(parameters =>
        $"{parameters["espresso_tenant"].StringParam} {parameters["espresso_class"].StringParam} {parameters["espresso_weight"].DoubleParam}");

    private async Task<HttpResponseMessage> Post(string query, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/infer?models=depth{query}") { Content = new ByteArrayContent(Ten) };
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        return await _mesh.Http.SendAsync(request);
    }

    private static MultipartFormDataContent Form(string json) => new()
    {
        { new ByteArrayContent(Ten), "image" },
        { new ByteArrayContent(Encoding.UTF8.GetBytes(json)), "request" },
    };

    private async Task Call(string tenant, string patience, string? tenantHeader, string? classHeader)
    {
        var metadata = new Metadata();
        if (tenantHeader is not null)
            metadata.Add("x-espresso-tenant", tenantHeader);
        if (classHeader is not null)
            metadata.Add("x-espresso-class", classHeader);
        await new Protos.Coordinator.Coordinator.CoordinatorClient(_mesh.Channel).InferAsync(
            new InferRequest { Models = { "depth" }, Image = ByteString.CopyFrom(Ten), Tenant = tenant, RequestClass = patience }, metadata);
    }

    private static async Task ShouldRefuse(HttpResponseMessage response, string naming)
    {
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        problem.GetProperty("reason").GetString().ShouldBe("invalid_request");
        problem.GetProperty("detail").GetString()!.ShouldContain(naming);
    }
}
