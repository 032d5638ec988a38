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

    // Linux: another process holds the lock.
    private const int Locked = 11;

    /// <param name="path">
    /// Complete and verified afterwards. Until then the bytes are in <c>path.MARK.part</c>, which a later try goes on with; the mark is the sum's, so
    /// that what was begun of another file is nobody's beginning.
    /// </param>
    /// <param name="progress">Bytes that are there, and in all (0: not known).</param>
    /// <exception cref="CliException">No connection, a cut one, a wrong sum, a full disk: the message says which.</exception>
    public async Task To(string path, Uri address, Checksum sum, Action<long, long> progress, CancellationToken cancellation)
    {
        var part = $"{path}.{sum.Mark}.part";
        try
        {
            await using var file = Open(part);
            try
            {
                await Complete(file, address, sum, progress, cancellation);
                File.Move(file.Name, path, overwrite: true);
            }
            catch when (file.Length == 0)
            {
                File.Delete(file.Name); // nothing to go on from
                throw;
            }
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
    }

    /// <summary>The part is one run's at a time; another one at once has a part of its own, which goes with it.</summary>
    private static FileStream Open(string part)
    {
        try
        {
            var file = Alone(part, FileMode.OpenOrCreate, FileOptions.None);
            if (File.Exists(part))
                return file;
            file.Dispose(); // between our opening and our locking the other one has put it in its place
        }
        catch (IOException error) when (error.HResult == Locked)
        {
            // the other one is at work
        }

        return Alone(WholeFile.Part(part), FileMode.CreateNew, FileOptions.DeleteOnClose);

        static FileStream Alone(string path, FileMode mode, FileOptions options) => new(path, mode, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, options);
    }

    private async Task Complete(FileStream file, Uri address, Checksum sum, Action<long, long> progress, CancellationToken cancellation)
    {
        var (from, all) = await Receive(file, address, progress, cancellation);
        var fault = await Fault();
        if (fault is not null && from > 0 && all is not null)
        {
            // The beginning may be of another file: this address gave another one then, or another address did.
            file.SetLength(0);
            (_, all) = await Receive(file, address, progress, cancellation);
            fault = await Fault();
        }

        if (fault is null)
            return;
        if (all is null)
            throw new CliException($"{address.Host} does not say how much it gives: it was cut off after {file.Length} bytes, or is another file, {fault}; trying again goes on from there");
        file.SetLength(0);
        throw new CliException($"what {address.Host} gave has another checksum than was promised, {fault}; it was thrown away");

        Task<string?> Fault()
        {
            file.Position = 0;
            return sum.Fault(file, cancellation);
        }
    }

    /// <returns>After how many bytes that were there already it began, and how many there are in all; null: the end of the connection was the end, whether all had come or not.</returns>
    private async Task<(long From, long? All)> Receive(FileStream file, Uri address, Action<long, long> progress, CancellationToken cancellation)
    {
        using var patience = new CancellationTokenSource(Stalled, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, patience.Token);
        var from = file.Length;
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (from > 0)
            request.Headers.Range = new RangeHeaderValue(from, null);
        using var reply = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
        if (reply.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
            return (from, from); // it is there already; the checksum will tell
        reply.EnsureSuccessStatusCode();
        if (from > 0 && reply.StatusCode != HttpStatusCode.PartialContent)
        {
            from = 0;
            file.SetLength(0);
        }

        var headers = reply.Content.Headers;
        var all = headers.ContentRange?.Length ?? from + headers.ContentLength;
        var have = file.Position = from;
        await using var content = await reply.Content.ReadAsStreamAsync(either.Token);
        var buffer = new byte[BufferBytes];
        for (int read; (read = await content.ReadAsync(buffer, either.Token)) > 0;)
        {
            patience.CancelAfter(Stalled);
            await file.WriteAsync(buffer.AsMemory(0, read), either.Token);
            have += read;
            progress(have, all ?? 0);
        }

        if (have < all)
            throw new IOException($"{have} of {all} bytes came");
        return (from, reply.Headers.TransferEncodingChunked == true ? have : all); // chunks have an end of their own
    }
}
