/**
 * Foreign text (logs, bodies, names) made harmless for the medium it goes to. Every text that did not come from our own
 * source code passes through one of these.
 */
/** Control characters except tab and newline, marks that reorder or hide text, and code points that no text has. */
const INVISIBLE = /(?![\n\t])[\p{Cc}\p{Cf}\u2028\u2029\p{Noncharacter_Code_Point}]/gu;
/** A terminal's escape sequences: CSI, OSC and the two-character ones. */
const ESCAPE_SEQUENCE = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[ -/]*[0-~])/g;
const ZERO_WIDTH_SPACE = '\u200b';
/** Cuts after `maxLength` UTF-16 units and says so; never in the middle of a character. */
export function truncate(text, maxLength) {
    if (text.length <= maxLength)
        return text;
    const cut = text.slice(0, Math.max(0, maxLength - 1));
    return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}
/** Text without control characters and terminal sequences; newlines and tabs stay. Lone surrogates become U+FFFD. */
export function visibleText(text) {
    return text.toWellFormed().replaceAll('\r\n', '\n').replace(ESCAPE_SEQUENCE, '').replace(INVISIBLE, '');
}
/** One line for a terminal or a log: no escape sequence, carriage return or newline gets through. */
export function consoleText(text, maxLength = 500) {
    return truncate(oneLine(text), maxLength);
}
function oneLine(text) {
    return visibleText(text).replace(/\s+/g, ' ').trim();
}
/**
 * Inline Markdown that shows `text` as it is, in a paragraph, a list item or a table cell: no markup, no HTML or comment,
 * no mention, no issue reference, no link.
 */
export function markdownText(text, maxLength = 500) {
    return (truncate(oneLine(text), maxLength)
        .replace(/[\\`*_[\]|~$]/g, '\\$&')
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
        // GitHub finds these in the rendered text, where an entity would have been decoded again.
        .replace(/[@#](?=\w)/g, `$&${ZERO_WIDTH_SPACE}`)
        .replace(/\b(GH)-(?=\d)/gi, `$1${ZERO_WIDTH_SPACE}-`)
        .replace(/:\/\//g, `:${ZERO_WIDTH_SPACE}//`)
        .replace(/\bwww\./gi, `www${ZERO_WIDTH_SPACE}.`)
        // At the start of a list item these would open a block of their own.
        .replace(/^([-+]|#{1,6})(?=\s|$)/, '\\$1')
        .replace(/^(\d+)([.)])(?=\s|$)/, '$1\\$2'));
}
/** A code span that its content cannot close. Not for a table cell: a pipe would end it. */
export function markdownCode(text, maxLength = 300) {
    const shown = truncate(oneLine(text), maxLength);
    const fence = '`'.repeat(longestRun(shown) + 1);
    // The spaces keep a backtick of the text apart from ours; a reader does not see them.
    const padding = /^`|`$/.test(shown) ? ' ' : '';
    return `${fence}${padding}${shown}${padding}${fence}`;
}
/** A fenced block that its content cannot close. */
export function markdownBlock(text, maxLength = 4_000) {
    const shown = truncate(visibleText(text), maxLength);
    const fence = '`'.repeat(Math.max(3, longestRun(shown) + 1));
    return `${fence}text\n${shown}\n${fence}`;
}
function longestRun(text) {
    return Math.max(0, ...Array.from(text.matchAll(/`+/g), (run) => run[0].length));
}
/** Content of an XML element. Characters that XML 1.0 has no place for are dropped. */
export function xmlText(text, maxLength = 20_000) {
    return truncate(visibleText(text), maxLength).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
/** Value of an XML attribute, for double quotes. */
export function xmlAttribute(text, maxLength = 2_000) {
    return xmlText(text, maxLength).replaceAll('"', '&quot;').replaceAll('\n', '&#10;').replaceAll('\t', '&#9;');
}
