namespace Espresso.Minions.Tests.Fakes;

/// <summary>ONNX networks of one operator from "image" to "map", opset 13.</summary>
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
}
