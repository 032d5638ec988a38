using Espresso.Cli.Client;
using Espresso.Cli.Reports;

namespace Espresso.Cli.Tests.Reports;

public sealed class ReportTests
{
    private static readonly Report All = new("a < b",
    [
        new Heading("In & out"), new Paragraph("said"), new Checklist([new CheckItem(true, "files", "whole"), new CheckItem(false, "licence", "not told")]),
        new Table(["x", "y"], [["1|2", "two\nlines"]]), new Figures([new Figure("photo", new Preview(new Raster(1, 1, 1, [0]), [1, 2, 3], "image/png")), new Figure("tags", null, "<day>")]),
    ]);

    [Fact]
    public void Html_Report_IsOneFileWithNothingToBeRun()
    {
        var html = ReportHtml.Of(All);

        html.ShouldContain("<h1>a &lt; b</h1>");
        html.ShouldContain("<h2>In &amp; out</h2>");
        html.ShouldContain("<span class=\"bad\">✗</span> <b>licence</b> not told");
        html.ShouldContain("src=\"data:image/png;base64,AQID\"");
        html.ShouldContain("<pre>&lt;day&gt;</pre>");
        html.ShouldContain("<td>1|2</td>");
    }

    [Theory]
    [InlineData("![i](http://x/y.png)", @"!\[i](http://x/y.png)")]
    [InlineData("[x](javascript:alert(1))", @"\[x](javascript:alert(1))")]
    [InlineData("<script>", @"\<script>")]
    [InlineData("a\n\n## injected", "a  ## injected")]
    [InlineData("`a` *b* c_d \\", @"\`a\` \*b\* c_d \\")]
    public void Markdown_TextsOfAPackage_StayTexts(string text, string written)
    {
        var page = ReportMarkdown.Of(new Report(text, [new Heading(text), new Paragraph(text), new Checklist([new CheckItem(true, "files", text)])]), _ => "");

        page.ShouldBe($"# {written}\n\n## {written}\n\n{written}\n\n- [x] **files** {written}\n");
    }

    [Fact]
    public void Markdown_Report_NamesItsPictures()
    {
        var text = ReportMarkdown.Of(All, picture => $"there/1.{picture.Extension}");

        text.ShouldBe("""
            # a \< b

            ## In & out

            said

            - [x] **files** whole
            - [ ] **licence** not told

            | x | y |
            | --- | --- |
            | 1\|2 | two<br>lines |

            | photo | tags |
            | --- | --- |
            | ![](there/1.png) | \<day> |

            """);
    }
}
