using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Espresso.Mesh.Tests.Client;

/// <summary>A multipart/mixed answer.</summary>
internal static class MixedParts
{
    /// <returns>Type and body by Content-ID, without its angle brackets; the document, which has none, under "".</returns>
    public static async Task<Dictionary<string, (string Type, byte[] Body)>> Read(Reply reply)
    {
        var type = MediaTypeHeaderValue.Parse(reply.MediaType);
        type.MediaType.Value.ShouldBe("multipart/mixed");
        var reader = new MultipartReader(HeaderUtilities.RemoveQuotes(type.Boundary).Value!, new MemoryStream(reply.Body));
        var parts = new Dictionary<string, (string, byte[])>();
        while (await reader.ReadNextSectionAsync() is { } section)
        {
            using var body = new MemoryStream();
            await section.Body.CopyToAsync(body);
            if (section.Headers!.TryGetValue(HeaderNames.ContentLength, out var length))
                length.ToString().ShouldBe($"{body.Length}");
            parts.Add($"{section.Headers.GetValueOrDefault("Content-ID")}".Trim('<', '>'), (section.ContentType!, body.ToArray()));
        }

        return parts;
    }
}
