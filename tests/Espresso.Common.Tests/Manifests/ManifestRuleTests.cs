using Espresso.Manifests;

namespace Espresso.Common.Tests.Manifests;

/// <summary>One change to a faultless manifest, and the one fault that it must give, with its line and the mend.</summary>
public sealed class ManifestRuleTests
{
    public static TheoryData<int> Broken => [.. Enumerable.Range(0, BrokenManifest.All.Count)];

    [Theory]
    [MemberData(nameof(Broken))]
    public void Read_OneThingWrong_GivesThisFault(int index)
    {
        var broken = BrokenManifest.All[index];

        var fault = Should.Throw<ManifestException>(() => ManifestReader.Read(broken.Text, "here")).Faults.ShouldHaveSingleItem();

        $"{fault.Field}: {fault.Wrong}; {fault.Mend}".ShouldStartWith(broken.Fault);
        fault.Mend.ShouldNotBeEmpty();
        if (fault.Wrong == "is missing")
            (broken.Line - fault.Line).ShouldBeInRange(0, 3); // where the part begins that lacks it
        else
            broken.Text.Split('\n')[fault.Line - 1].ShouldContain($"{fault.Field.Split('.')[^1]}:");
    }

    [Theory]
    [InlineData("inputs")]
    [InlineData("outputs")]
    public void Read_NoneOfThese_IsAFault(string what)
    {
        var text = Yaml.Smallest.Split(what + ":")[0] + (what == "inputs" ? "outputs:\n  - name: out" : "");

        Should.Throw<ManifestException>(() => ManifestReader.Read(text, "here")).Faults.ShouldContain(fault => fault.Field == what && fault.Wrong == "is missing");
        Should.Throw<ManifestException>(() => ManifestReader.Read($"{text}\n{what}: []", "here")).Faults.ShouldContain(fault => fault.Field == what && fault.Wrong == "there is none");
    }
}
