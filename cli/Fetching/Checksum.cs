using System.Security.Cryptography;
using System.Text;

namespace Espresso.Cli.Fetching;

/// <summary>What a file is to have: a sha256 in hexadecimal, or one of npm's integrity sums.</summary>
internal sealed class Checksum
{
    private const int MarkLetters = 8;

    private readonly HashAlgorithmName _algorithm;
    private readonly IReadOnlyList<string> _sums;
    private readonly Func<byte[], string> _text;

    private Checksum(HashAlgorithmName algorithm, IReadOnlyList<string> sums, Func<byte[], string> text, string mark) => (_algorithm, _sums, _text, Mark) = (algorithm, sums, text, mark);

    /// <summary>A few letters that are others for another sum, for a file's name.</summary>
    public string Mark { get; }

    public static Checksum Sha256(string sum) => new(HashAlgorithmName.SHA256, [sum.ToLowerInvariant()], Convert.ToHexStringLower, sum[..MarkLetters].ToLowerInvariant());

    /// <param name="integrity">"sha512-" and the sum in base64; npm may list several, with blanks between.</param>
    public static Checksum Npm(string integrity) => new(
        HashAlgorithmName.SHA512, integrity.Split(' '), hash => $"sha512-{Convert.ToBase64String(hash)}",
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(integrity)))[..MarkLetters]); // base64 has slashes

    /// <returns>Null: the file has it; else what it has instead.</returns>
    public async Task<string?> Fault(string path, CancellationToken cancellation)
    {
        await using var file = File.OpenRead(path);
        return await Fault(file, cancellation);
    }

    /// <param name="file">From here to its end.</param>
    /// <returns>Null: the file has it; else what it has instead.</returns>
    public async Task<string?> Fault(Stream file, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(_algorithm);
        var buffer = new byte[1 << 20];
        for (int read; (read = await file.ReadAsync(buffer, cancellation)) > 0;)
            hash.AppendData(buffer, 0, read);
        var sum = _text(hash.GetHashAndReset());
        return _sums.Contains(sum, StringComparer.Ordinal) ? null : $"{_algorithm.Name!.ToLowerInvariant()} {sum} instead of {string.Join(" or ", _sums)}";
    }
}
