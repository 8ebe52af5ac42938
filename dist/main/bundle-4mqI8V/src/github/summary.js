import { readFile, writeFile } from 'node:fs/promises';
import { renderMarkdown } from "../report/markdown.js";
/** 1 MiB per step; a summary over it is dropped whole, and one that just fits has been refused as well. */
const MOST_BYTES = 1_000_000;
/** The job summary; `file` is GITHUB_STEP_SUMMARY. Told twice, it shows the last result once. */
export function summaryReporter(file) {
    let before = null;
    return {
        name: 'job summary',
        async onEnd(result) {
            before ??= await readFile(file, 'utf8').catch(() => '');
            const maxBytes = MOST_BYTES - Buffer.byteLength(before);
            await writeFile(file, before + renderMarkdown(result, { maxBytes }));
        },
    };
}
