using System.Net;
using System.Net.Http.Headers;

namespace Espresso.Cli.Fetching;

/// <summary>A file from HTTP, taken up again where an earlier try broke off, and verified.</summary>
internal sealed class Download(HttpClient client, TimeProvider time)
{
    private const int BufferBytes = 128 << 10;
    private static readonly TimeSpan Stalled = TimeSpan.FromSeconds(60);

    // Linux: no space left on the device, quota exceeded, file larger than the process may write.
    private static readonly int[] NoRoom = [28, 122, 27];

    /// <param name="path">Complete and verified afterwards. Until then the bytes are in <c>path.part</c>, which a later try goes on with.</param>
    /// <param name="progress">Bytes that are there, and in all (0: not known).</param>
    /// <exception cref="CliException">No connection, a cut one, a wrong sum, a full disk: the message says which.</exception>
    public async Task To(string path, Uri address, Checksum sum, Action<long, long> progress, CancellationToken cancellation)
    {
        var part = path + ".part";
        try
        {
            await Receive(part, address, progress, cancellation);
        }
        catch (HttpRequestException error)
        {
            throw new CliException($"{address.Host} does not give it: {error.Message}", error);
        }
        catch (IOException error) when (NoRoom.Contains(error.HResult))
        {
            throw new CliException($"there is no room for {part}: {error.Message}; make some and try again, it goes on from there", error);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new CliException($"{part} cannot be written: {error.Message}", error);
        }
        catch (IOException error)
        {
            throw new CliException($"the download broke off ({error.Message}); trying again goes on from there", error);
        }
        catch (OperationCanceledException error) when (!cancellation.IsCancellationRequested)
        {
            throw new CliException($"no byte came for {Stalled.TotalSeconds:0} s; trying again goes on from there", error);
        }

        if (await sum.Fault(part, cancellation) is { } fault)
        {
            File.Delete(part);
            throw new CliException($"what {address.Host} gave has another checksum than was promised, {fault}; it was thrown away");
        }

        File.Move(part, path, overwrite: true);
    }

    private async Task Receive(string part, Uri address, Action<long, long> progress, CancellationToken cancellation)
    {
        using var patience = new CancellationTokenSource(Stalled, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, patience.Token);
        var have = File.Exists(part) ? new FileInfo(part).Length : 0;
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (have > 0)
            request.Headers.Range = new RangeHeaderValue(have, null);
        using var reply = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
        if (reply.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
            return; // it is there already; the checksum will tell
        reply.EnsureSuccessStatusCode();
        if (reply.StatusCode != HttpStatusCode.PartialContent)
            have = 0;

        var all = reply.Content.Headers.ContentLength is { } left ? have + left : 0;
        await using var from = await reply.Content.ReadAsStreamAsync(either.Token);
        await using var to = new FileStream(part, have > 0 ? FileMode.Append : FileMode.Create);
        var buffer = new byte[BufferBytes];
        for (int read; (read = await from.ReadAsync(buffer, either.Token)) > 0;)
        {
            patience.CancelAfter(Stalled);
            await to.WriteAsync(buffer.AsMemory(0, read), either.Token);
            have += read;
            progress(have, all);
        }

        if (all > 0 && have < all)
            throw new IOException($"{have} of {all} bytes came");
    }
}
