using System.Buffers.Binary;
using System.Text;

namespace Espresso.Benchmarks.Serving;

/// <summary>One HTTP/2 connection over which one thread makes one unary gRPC call after the other: what a load generator needs and no more.</summary>
/// <remarks>
/// The .NET client sends frames of 16 kB whatever the server allows (48 system calls for a float picture) and hands a reply through three
/// threads; this one sends a request with one call and waits for its reply. Settings, flow control and pings are kept as RFC 9113 wants them.
/// </remarks>
internal sealed class GrpcConnection : IDisposable
{
    private const int HeaderBytes = 9;
    private const int WindowBytes = 1 << 30;
    private const byte EndStream = 1;
    private const byte Acknowledged = 1;
    private const byte EndHeaders = 4;

    private readonly BlockingSocket _socket;
    private readonly byte[] _headers;
    private readonly byte[] _message;
    private byte[] _request = [];
    private int _unacknowledged;
    private int _maxFrame = 16 << 10;
    private int _streamWindow = 65_535;
    private long _sendWindow = 65_535;
    private uint _stream = 1;

    /// <param name="path">As <c>/package.Service/Method</c>.</param>
    /// <param name="message">The request's protobuf bytes, the same for every call.</param>
    public GrpcConnection(Uri address, string path, byte[] message)
    {
        _headers = Headers(address.Authority, path);
        _message = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(_message.AsSpan(1), message.Length);
        message.CopyTo(_message, 5);
        _socket = new BlockingSocket(address);
        var begin = new byte[HeaderBytes + 12 + HeaderBytes + 4];
        Header(begin, Frame.Settings, 0, 12);
        Write(begin.AsSpan(HeaderBytes), Setting.HeaderTable, 0); // so every reply spells its headers out
        Write(begin.AsSpan(HeaderBytes + 6), Setting.InitialWindow, WindowBytes);
        WindowUpdate(begin.AsSpan(HeaderBytes + 12), WindowBytes);
        _socket.Send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);
        _socket.Send(begin);
    }

    private enum Frame : byte
    {
        Data = 0,
        Headers = 1,
        Reset = 3,
        Settings = 4,
        Ping = 6,
        GoAway = 7,
        WindowUpdate = 8,
    }

    private enum Setting : ushort
    {
        HeaderTable = 1,
        InitialWindow = 4,
        MaxFrame = 5,
    }

    /// <summary>One call: its reply's bytes, counted and thrown away.</summary>
    /// <returns>False when the status is not OK, or nothing came with it.</returns>
    /// <exception cref="IOException">The server closed the connection or reset the call.</exception>
    public bool Call()
    {
        while (_request.Length == 0 || _sendWindow < _message.Length)
            Read(out _, out _); // the server's settings come before the first call; credit may come before any later one
        for (var frame = 0; frame < _request.Length; frame += HeaderBytes + Length(_request.AsSpan(frame)))
            BinaryPrimitives.WriteUInt32BigEndian(_request.AsSpan(frame + 5), _stream);
        _sendWindow -= _message.Length;
        _socket.Send(_request);
        var (bytes, ok) = (0, false);
        for (var over = false; !over;)
        {
            var (kind, flags) = Read(out var stream, out var payload);
            if (stream != _stream)
                continue;
            if (kind == Frame.Reset)
                throw new IOException("the server reset the call");
            over = (kind is Frame.Data or Frame.Headers) && (flags & EndStream) != 0;
            if (kind == Frame.Data)
                bytes += payload.Length;
            else if (kind == Frame.Headers && over)
                ok = payload.IndexOf("grpc-status\u00010"u8) >= 0; // spelt out: this end has no table of headers
        }

        _stream += 2;
        return ok && bytes > 5;
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>The next frame; what concerns the connection is dealt with here.</summary>
    private (Frame Kind, byte Flags) Read(out uint stream, out ReadOnlySpan<byte> payload)
    {
        var header = _socket.Take(HeaderBytes);
        var (kind, flags, length) = ((Frame)header[3], header[4], Length(header));
        stream = BinaryPrimitives.ReadUInt32BigEndian(header[5..]) & int.MaxValue;
        payload = _socket.Take(length);
        switch (kind)
        {
            case Frame.Settings when (flags & Acknowledged) == 0:
                Settle(payload);
                Answer(Frame.Settings, []);
                break;
            case Frame.Ping when (flags & Acknowledged) == 0:
                Answer(Frame.Ping, payload);
                break;
            case Frame.WindowUpdate when stream == 0:
                _sendWindow += BinaryPrimitives.ReadInt32BigEndian(payload);
                break;
            case Frame.GoAway:
                throw new IOException("the server closes the connection");
            case Frame.Data:
                Consume(length);
                break;
            default:
                break;
        }

        return (kind, flags);
    }

    private void Settle(ReadOnlySpan<byte> settings)
    {
        for (; settings.Length >= 6; settings = settings[6..])
        {
            var value = BinaryPrimitives.ReadInt32BigEndian(settings[2..]);
            if ((Setting)BinaryPrimitives.ReadUInt16BigEndian(settings) == Setting.MaxFrame)
                _maxFrame = value;
            else if ((Setting)BinaryPrimitives.ReadUInt16BigEndian(settings) == Setting.InitialWindow)
                _streamWindow = value;
        }

        if (_streamWindow < _message.Length)
            throw new IOException($"the server's stream window of {_streamWindow} bytes is narrower than the request");
        _request = Request();
    }

    /// <summary>The frames of a call, ready but for their stream.</summary>
    private byte[] Request()
    {
        var frames = (_message.Length + _maxFrame - 1) / _maxFrame;
        var request = new byte[HeaderBytes + _headers.Length + (frames * HeaderBytes) + _message.Length];
        Header(request, Frame.Headers, EndHeaders, _headers.Length);
        _headers.CopyTo(request, HeaderBytes);
        var at = HeaderBytes + _headers.Length;
        for (var sent = 0; sent < _message.Length;)
        {
            var length = Math.Min(_maxFrame, _message.Length - sent);
            Header(request.AsSpan(at), Frame.Data, sent + length == _message.Length ? EndStream : (byte)0, length);
            _message.AsSpan(sent, length).CopyTo(request.AsSpan(at + HeaderBytes));
            (sent, at) = (sent + length, at + HeaderBytes + length);
        }

        return request;
    }

    private void Consume(int bytes)
    {
        _unacknowledged += bytes;
        if (_unacknowledged < WindowBytes / 2)
            return;
        Span<byte> update = stackalloc byte[HeaderBytes + 4];
        WindowUpdate(update, _unacknowledged);
        _socket.Send(update);
        _unacknowledged = 0;
    }

    private void Answer(Frame kind, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[HeaderBytes + payload.Length];
        Header(frame, kind, Acknowledged, payload.Length);
        payload.CopyTo(frame.AsSpan(HeaderBytes));
        _socket.Send(frame);
    }

    private static void Write(Span<byte> entry, Setting setting, int value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(entry, (ushort)setting);
        BinaryPrimitives.WriteInt32BigEndian(entry[2..], value);
    }

    private static void WindowUpdate(Span<byte> frame, int bytes)
    {
        Header(frame, Frame.WindowUpdate, 0, 4);
        BinaryPrimitives.WriteInt32BigEndian(frame[HeaderBytes..], bytes);
    }

    /// <summary>On stream 0, the connection's own.</summary>
    private static void Header(Span<byte> frame, Frame kind, byte flags, int length)
    {
        BinaryPrimitives.WriteInt32BigEndian(frame, length << 8);
        (frame[3], frame[4]) = ((byte)kind, flags);
        BinaryPrimitives.WriteUInt32BigEndian(frame[5..], 0);
    }

    private static int Length(ReadOnlySpan<byte> frame) => (frame[0] << 16) | (frame[1] << 8) | frame[2];

    /// <summary>HPACK literals that no table remembers, neither of which is longer than 126 bytes.</summary>
    private static byte[] Headers(string authority, string path)
    {
        using var block = new MemoryStream();
        foreach (var (name, value) in new[]
        {
            (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", authority),
            ("content-type", "application/grpc"), ("te", "trailers"),
        })
        {
            block.WriteByte(0);
            foreach (var text in new[] { name, value })
            {
                block.WriteByte((byte)text.Length);
                block.Write(Encoding.ASCII.GetBytes(text));
            }
        }

        return block.ToArray();
    }
}
