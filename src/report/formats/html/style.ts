/** The report's only style sheet: no font, image or script from anywhere. Colours keep 4.5 : 1 in both schemes. */
export const STYLE = `
:root { color-scheme: light dark; --page: #fff; --card: #f6f7f9; --text: #1a1d21; --soft: #555d66; --line: #d5dae0;
  --passed: #176b34; --failed: #b3261e; --error: #9a3412; --inconclusive: #7a5b00; --skipped: #555d66; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14171a; --card: #1d2125; --text: #e6e8ea; --soft: #a6aeb6; --line: #363c43;
    --passed: #6fd08c; --failed: #ff8a80; --error: #ffb074; --inconclusive: #f0ce5e; --skipped: #a6aeb6; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 72rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; overflow-wrap: anywhere; }
h1 { margin: 0; font-size: 1.5rem; line-height: 1.25; }
h2 { margin: 2rem 0 .5rem; font-size: 1.2rem; line-height: 1.3; }
header, section { padding: .75rem 1rem; border-left: .4rem solid var(--tone, var(--line)); border-radius: .25rem; background: var(--card); }
section { margin: 1rem 0; }
section h2 { margin: 0 0 .5rem; }
header p { margin: .25rem 0 0; }
.judged { font-size: 1.1rem; }
.soft, dt, .labelled span, th { color: var(--soft); }
.caveat { font-weight: 700; }
.passed { --tone: var(--passed); } .failed { --tone: var(--failed); } .error { --tone: var(--error); }
.inconclusive { --tone: var(--inconclusive); } .skipped { --tone: var(--skipped); }
b.verdict { color: var(--tone); white-space: nowrap; }
a { color: inherit; }
td a { white-space: nowrap; }
ul { margin: .5rem 0; padding-left: 1.25rem; }
dl { display: grid; grid-template-columns: fit-content(40%) 1fr; gap: .15rem 1rem; margin: .5rem 0; }
dd { margin: 0; }
table { width: 100%; border-collapse: collapse; margin: .5rem 0; font-size: .95rem; }
th, td { padding: .35rem 1rem .35rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { font-weight: 600; white-space: nowrap; }
pre { margin: .25rem 0; padding: .5rem .75rem; border: 1px solid var(--line); border-radius: .25rem; background: var(--page);
  font: .85rem/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; white-space: pre-wrap; }
code { font: .9em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
details { margin: .35rem 0; border: 1px solid var(--line); border-radius: .25rem; padding: 0 .75rem; }
details[open] { padding-bottom: .5rem; }
summary { padding: .4rem 0; cursor: pointer; }
footer { margin-top: 2rem; font-size: .9rem; }
@media (max-width: 44rem) {
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .4rem; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr, td { display: block; }
  tr { padding: .5rem 0; border-bottom: 1px solid var(--line); }
  td { display: grid; grid-template-columns: 7rem 1fr; gap: .5rem; padding: .1rem 0; border: 0; }
  td a { white-space: normal; }
  td::before { content: attr(data-label); color: var(--soft); }
}
@media print { body { max-width: none; } header, section, details { break-inside: avoid; } }
`
