"""The look of a statement: that of the hosted pages, and what paper needs."""

STYLE = """\
:root {
  --ink: #14181f; --soft: #566070; --line: #d9dee6; --ground: #f4f6f9; --card: #fff; --key: #1a4fd8;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #eef1f6; --soft: #a7b0bf; --line: #343c49; --ground: #10141a; --card: #191f28;
    --key: #8fb0ff;
  }
}
*, *::before, *::after { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: var(--ground); overflow-wrap: anywhere; }
main { max-width: 1280px; margin: 0 auto; padding: 24px 16px 48px; outline: 0; }
.skip { position: absolute; left: -999em; }
.skip:focus {
  left: 8px; top: 8px; padding: 8px 12px; background: var(--card); border-radius: 8px; z-index: 1;
}
a { color: var(--key); }
h1, h2, h3 { line-height: 1.2; margin: 0 0 12px; }
h1 { font-size: 1.75rem; } h2 { font-size: 1.25rem; } h3 { font-size: 1rem; }
p { margin: 0 0 12px; }
code { font: .875em/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
:focus-visible { outline: 3px solid var(--key); outline-offset: 2px; border-radius: 6px; }
.quiet, .hint, .eyebrow { color: var(--soft); font-size: .9rem; font-weight: 400; }
.hint { display: block; }
.note {
  font: .8rem/1.4 ui-monospace, Menlo, Consolas, monospace; white-space: pre-wrap; margin: 0;
}
.lead { font-size: 1.1rem; }
.card {
  background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 24px;
  margin-bottom: 20px;
}
.brand { margin-top: 28px; }
.wide { overflow-x: auto; margin-bottom: 24px; }
.wide:last-child { margin-bottom: 0; }
table { width: 100%; border-collapse: collapse; font-size: .9rem; overflow-wrap: normal; }
caption { text-align: left; font-weight: 650; padding-bottom: 6px; break-after: avoid; }
th, td {
  text-align: left; vertical-align: top; padding: 6px 12px 6px 0;
  border-bottom: 1px solid var(--line);
}
tbody th { font-weight: 400; }
tbody th, .thing { overflow-wrap: anywhere; min-width: 8em; }
.thing { min-width: 14em; }
.rate { min-width: 7em; }
thead th { color: var(--soft); font-weight: 600; }
.num { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.day { font-variant-numeric: tabular-nums; white-space: nowrap; }
.sum th, .sum td { font-weight: 650; }
@media print {
  :root { --ink: #000; --soft: #444; --line: #bbb; --ground: #fff; --card: #fff; font-size: 8pt; }
  main { max-width: none; padding: 0; }
  .card { border: 0; padding: 0; }
  .skip { display: none; }
  .wide { overflow: visible; }
  thead { display: table-header-group; }
  table { line-height: 1.3; }
  th, td { padding: 3px 12px 3px 0; }
  tr { break-inside: avoid; }
  thead, tr:first-child { break-after: avoid; }
  @page {
    size: A4 landscape; margin: 12mm;
    @bottom-right { content: "Page " counter(page) " of " counter(pages); font-size: 8pt; }
  }
}
"""
