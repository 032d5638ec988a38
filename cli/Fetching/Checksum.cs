using System.Security.Cryptography;

namespace Espresso.Cli.Fetching;

/// <summary>What a file is to have: a sha256 in hexadecimal, or one of npm's integrity sums.</summary>
internal sealed class Checksum
{
    private readonly HashAlgorithmName _algorithm;
    private readonly IReadOnlyList<string> _sums;
    private readonly Func<byte[], string> _text;

    private Checksum(HashAlgorithmName algorithm, IReadOnlyList<string> sums, Func<byte[], string> text) => (_algorithm, _sums, _text) = (algorithm, sums, text);

    public static Checksum Sha256(string sum) => new(HashAlgorithmName.SHA256, [sum.ToLowerInvariant()], Convert.ToHexStringLower);

    /// <param name="integrity">"sha512-" and the sum in base64; npm may list several, with blanks between.</param>
    public static Checksum Npm(string integrity) => new(HashAlgorithmName.SHA512, integrity.Split(' '), hash => $"sha512-{Convert.ToBase64String(hash)}");

    /// <returns>Null: the file has it; else what it has instead.</returns>
    public async Task<string?> Fault(string path, CancellationToken cancellation)
    {
        await using var file = File.OpenRead(path);
        using var hash = IncrementalHash.CreateHash(_algorithm);
        var buffer = new byte[1 << 20];
        for (int read; (read = await file.ReadAsync(buffer, cancellation)) > 0;)
            hash.AppendData(buffer, 0, read);
        var sum = _text(hash.GetHashAndReset());
        return _sums.Contains(sum, StringComparer.Ordinal) ? null : $"{_algorithm.Name!.ToLowerInvariant()} {sum} instead of {string.Join(" or ", _sums)}";
    }
}
