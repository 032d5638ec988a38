using Espresso.Cli.Cards;
using Espresso.Cli.Reports;

namespace Espresso.Cli.Tests.Cards;

public sealed class HeldOutFiguresTests
{
    [Fact]
    public void Of_ParagraphAndTable_AreBothTaken()
    {
        var blocks = HeldOutFigures.Of("# depth\n\nWhat it does.\n\n**How good.** On [held-out](x.md) pictures, by\n`evaluate.py`:\n\n| | share |\n| --- | --- |\n| **1.0** | 0.9 |\n\nMore.\n\n**Whence.** From here.");

        blocks.Count.ShouldBe(2);
        blocks[0].ShouldBe(new Paragraph("On held-out pictures, by evaluate.py:"));
        var table = blocks[1].ShouldBeOfType<Table>();
        table.Heads.ShouldBe(["", "share"]);
        table.Rows.ShouldHaveSingleItem().ShouldBe(["1.0", "0.9"]);
    }

    [Fact]
    public void Of_Heading_TakesWhatFollows() => HeldOutFigures.Of("## How good it is\n\n0.9 on ten pictures.").ShouldBe([new Paragraph("0.9 on ten pictures.")]);

    [Theory]
    [InlineData("")]
    [InlineData("# depth\n\nIt does **how good** is done.")]
    public void Of_NothingSaid_IsEmpty(string readme) => HeldOutFigures.Of(readme).ShouldBeEmpty();
}
