namespace Espresso.Minions.Tests.Fakes;

/// <summary>Small ONNX networks, opset 13; from "image" to "map", but for the last.</summary>
internal static class Networks
{
    /// <summary>Says [n, 3, 2, 4] to [n, 3, 2, 4], but reshapes to [1, 3, 2, 4] inside, as careless exports do.</summary>
    public static byte[] FixedInside { get; } = Convert.FromBase64String(
        "CAgSADqWAQocCgVpbWFnZQoFc2hhcGUSA21hcCIHUmVzaGFwZRIFZml4ZWQqLQgEEAdCBXNoYXBlSiABAAAAAAAAAAMAAAAAAAAAAgAAAAAAAAAEAAAAAAAAAFogCgVp"
        + "bWFnZRIXChUIARIRCgMSAW4KAggDCgIIAgoCCARiHgoDbWFwEhcKFQgBEhEKAxIBbgoCCAMKAggCCgIIBEIECgAQDQ==");

    /// <summary>[n, c, h, w] to [n, c, h, 2]: the first and the fourth value of every line. A width other than 4 is declared, but fails.</summary>
    public static byte[] Open { get; } = Convert.FromBase64String(
        "CAgSADqZAQoaCgVpbWFnZQoEZW5kcxIDbWFwIgZNYXRNdWwSBG9wZW4qLggECAIQAUIEZW5kc0ogAACAPwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAgD9aIwoFaW1h"
        + "Z2USGgoYCAESFAoDEgFuCgMSAWMKAxIBaAoDEgF3YiAKA21hcBIZChcIARITCgMSAW4KAxIBYwoDEgFoCgIIAkIECgAQDQ==");

    /// <summary>Of [n, 3, 2, 4] the channels' means [n, 3], as "labels", "scores" and "vector", and "words", a string: which channel is the brightest.</summary>
    public static byte[] Kinds { get; } = Convert.FromBase64String(
        "CAcSADqyAwo7CgVpbWFnZRIGbGFiZWxzIgpSZWR1Y2VNZWFuKg0KBGF4ZXNAAkADoAEHKg8KCGtlZXBkaW1zGACgAQIKGgoGbGFiZWxzEgZzY29yZXMiCElkZW50aXR5ChoK"
        + "BmxhYmVscxIGdmVjdG9yIghJZGVudGl0eQo0CgZsYWJlbHMSBGJlc3QiBkFyZ01heCoLCgRheGlzGAGgAQIqDwoIa2VlcGRpbXMYAKABAgp5CgRiZXN0EgV3b3JkcyIMTGFi"
        + "ZWxFbmNvZGVyKhYKC2tleXNfaW50NjRzQABAAUACoAEHKjgKDnZhbHVlc19zdHJpbmdzSgNyZWRKBWdyw7xuShdibHVlLCBvciB3aGF0IGlzIGxvbmdlcqABCDoKYWkub25u"
        + "eC5tbBIBZ1ogCgVpbWFnZRIXChUIARIRCgMSAW4KAggDCgIIAgoCCARiGQoGbGFiZWxzEg8KDQgBEgkKAxIBbgoCCANiGQoGc2NvcmVzEg8KDQgBEgkKAxIBbgoCCANiGQoG"
        + "dmVjdG9yEg8KDQgBEgkKAxIBbgoCCANiFAoFd29yZHMSCwoJCAgSBQoDEgFuQgQKABANQg4KCmFpLm9ubngubWwQAg==");
}
