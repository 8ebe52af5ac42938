/**
 * Texts that have broken logs, reports and runners before: what a service may log, answer or be called. In every medium each
 * of them must stay a text and nothing else.
 */

const ESC = '\u001b'
const BEL = '\u0007'

/** What the runner takes for a command, and what its log viewer takes for markup. */
const COMMANDS = [
  '::error::pwned',
  '::error file=a.ts,line=1,title=x::pwned',
  'text before\n::error::pwned',
  'text before\r::error::pwned',
  'text before\r\n::warning::pwned',
  '  ::error::indented',
  '\t::error::tabbed',
  '\u00a0::error::after a hard space',
  '\u200b::error::after a space of no width',
  `${ESC}[0m::error::after a colour`,
  '::set-output name=verdict::passed',
  '::save-state name=run-id::../../etc',
  '::set-env name=NODE_OPTIONS::--require=/tmp/x.js',
  '::add-path::/tmp/evil',
  '::add-mask::a',
  '::debug::x',
  '::group::folded',
  '::endgroup::',
  '::echo::on',
  '::stop-commands::token',
  '::token::',
  '::error::one%0A::error::two%0D%0A::error::three',
  '%0A::error::pwned',
  '%250A::error::pwned',
  '##[error]pwned',
  'before ##[group]folded',
  '##[endgroup]',
  '##[set-env name=PATH;]/tmp/evil',
  'verdict<<EOF\npassed\nEOF',
  'EOF',
  'verdict=passed',
] as const

/** What a terminal obeys. */
const TERMINAL = [
  `${ESC}[31mred${ESC}[0m`,
  `${ESC}[2J${ESC}[H cleared`,
  `${ESC}]0;title${BEL}`,
  `${ESC}]8;;https://evil.example${ESC}\\link${ESC}]8;;${ESC}\\`,
  `${ESC}]52;c;ZXZpbA==${BEL}`,
  `${ESC}]0;never closed`,
  `${ESC}P1;2|payload${ESC}\\`,
  `${ESC}c reset`,
  '\u009b31m with a single byte',
  '\u009d0;title\u009c',
  'overwritten\rshown',
  'back\b\b\b\bspace',
  'bell\u0007\u000b\u000c\u007f',
  'null\u0000byte',
  `cut ${ESC}`,
  `cut ${ESC}[`,
] as const

/** What GitHub makes links and messages of. */
const REFERENCES = [
  '@octocat and @org/team, please look',
  '(@octocat) [@octocat] "@octocat" -@octocat',
  'owner/repo@octocat',
  '#123 and owner/repo#123, GH-1, gh-2',
  'https://evil.example/?a=b#c http://evil.example ftp://evil.example',
  'HTTPS://EVIL.EXAMPLE',
  'www.evil.example WWW.EVIL.EXAMPLE',
  'mail mallory@evil.example, mailto:mallory@evil.example, xmpp:m@evil.example/x',
  '<https://evil.example>',
  '<mallory@evil.example>',
  ':tada: :+1: :rocket:',
  '$\\sqrt{3}$ and $$x$$ and $`y`$',
] as const

/** What Markdown takes for structure. */
const MARKDOWN = [
  '# heading',
  '###### heading ######',
  'setext\n======',
  'setext\n------',
  '---',
  '***',
  '___',
  '- - -',
  '* * *',
  '- item\n- item',
  '+ item',
  '* item',
  '1. item\n2) item',
  '2147483648. item',
  '- [x] done',
  '> quote\n> [!WARNING]\n> alert',
  '    indented code',
  '\tindented code',
  '```js\nalert(1)\n```',
  '``````\nlong fence\n``````',
  '~~~\ntilde\n~~~',
  '~~~~~~\ntilde\n~~~~~~',
  '`tick` ``two`` ```three``` ````four```` `````five`````',
  '`',
  '````````````',
  '` padded `',
  '\\` escaped \\',
  'ends in a backslash\\',
  '**bold** *em* __bold__ _em_ ~~gone~~ ***both***',
  'snake_case_name, 2*3*4, a__b__c',
  '[link](https://evil.example) ![image](https://evil.example/x.png)',
  '[link](javascript:alert(1)) [link](data:text/html,<script>)',
  '[reference][x]\n\n[x]: https://evil.example "title"',
  '[^1]\n\n[^1]: footnote',
  'a | b | c',
  '| a | b |\n|---|---|\n| c | d |',
  '\\| escaped pipe \\\\| twice',
  'line\n\nparagraph',
  'hard  \nbreak',
  '&lt;b&gt; &amp;amp; &#60;i&#62; &#x3c;u&#x3e; &copy &nbsp;',
] as const

/** What HTML and XML take for structure. */
const MARKUP = [
  '</details></summary>',
  '<details open><summary>more</summary>',
  '<!-- comment',
  '-->',
  '<!-- chaos-action -->',
  '<script>alert(1)</script>',
  '<ScRiPt src=//evil.example></sCrIpT>',
  '<img src=x onerror=alert(1)>',
  '<svg/onload=alert(1)>',
  '<a href="javascript:alert(1)">x</a>',
  '<iframe srcdoc="<script>alert(1)</script>">',
  '<style>*{display:none}</style>',
  '<base href="https://evil.example">',
  '<meta http-equiv="refresh" content="0;url=https://evil.example">',
  '<pre><code></pre></code></table></td>',
  '"><script>alert(1)</script>',
  "' onmouseover='alert(1)",
  '" onmouseover="alert(1)',
  '`onmouseover=alert(1)`',
  '</style></title></textarea></noscript>',
  '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;',
  ']]>',
  '<![CDATA[x]]>',
  '</testcase></testsuite></testsuites>',
  '<failure message="x"/>',
  'javascript:alert(1)',
  'data:text/html;base64,PHNjcmlwdD4=',
] as const

/** What is not what it looks like, or is not to be had in a text at all. */
const CHARACTERS = [
  'lone \ud800 high',
  'lone \udc00 low',
  '\udc00\ud800 swapped',
  'noncharacters \ufffe\uffff\u{1fffe}',
  'right to left \u202egnp.exe\u202c and \u2067isolated\u2069',
  'zero\u200bwidth\u200cjoin\u200ders\ufeff\u2060',
  'soft\u00adhyphen and tags \u{e0041}\u{e0042}',
  'separators \u2028line\u2029paragraph\u0085next',
  'controls \u0001\u0002\u001f\u0080\u009f',
  'vertical\u000btab form\u000cfeed',
  'e\u0301'.repeat(20),
  '👩‍👩‍👧‍👦 😀 🇩🇪',
  'Z\u0351\u0343\u0342'.repeat(50),
  '\u0000',
  '',
  ' ',
  '\n\n\n',
  '__proto__',
  'constructor',
  'toString',
  '../../../etc/passwd',
  'null',
  'a'.repeat(20_000),
  'word '.repeat(5_000),
  '😀'.repeat(5_000),
  '<'.repeat(5_000),
  '`'.repeat(5_000),
  '|'.repeat(5_000),
  '\n'.repeat(5_000),
] as const

export const HOSTILE_STRINGS: readonly string[] = [
  ...COMMANDS,
  ...TERMINAL,
  ...REFERENCES,
  ...MARKDOWN,
  ...MARKUP,
  ...CHARACTERS,
  // All of the short ones at once, as one may undo what was done about another.
  [...COMMANDS, ...TERMINAL, ...REFERENCES, ...MARKDOWN, ...MARKUP].join(' '),
  [...COMMANDS, ...TERMINAL, ...REFERENCES, ...MARKDOWN, ...MARKUP].join('\n'),
]

/** For the name of a test. */
export function titleOf(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}
