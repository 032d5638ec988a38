namespace Espresso.Cli.Reports;

/// <summary>A page for people: the same content as HTML (<see cref="ReportHtml"/>) or as Markdown (<see cref="ReportMarkdown"/>).</summary>
internal sealed record Report(string Title, IReadOnlyList<Block> Blocks);

internal abstract record Block;

internal sealed record Heading(string Text) : Block;

internal sealed record Paragraph(string Text) : Block;

internal sealed record Checklist(IReadOnlyList<CheckItem> Items) : Block;

internal sealed record CheckItem(bool IsGood, string Name, string Said);

/// <param name="Heads">A name a column.</param>
internal sealed record Table(IReadOnlyList<string> Heads, IReadOnlyList<IReadOnlyList<string>> Rows) : Block;

/// <summary>Pictures in a row.</summary>
internal sealed record Figures(IReadOnlyList<Figure> All) : Block;

/// <param name="Picture">Null: what it shows is a text.</param>
internal sealed record Figure(string Caption, Preview? Picture, string Text = "");
