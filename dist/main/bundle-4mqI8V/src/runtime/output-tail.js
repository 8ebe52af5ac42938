export function outputTail(maxBytes) {
    const chunks = [];
    let kept = 0;
    let cut = false;
    return {
        push(chunk) {
            chunks.push(chunk);
            kept += chunk.length;
            // Whole chunks go first; the rest is cut when the text is asked for, so that pushing stays cheap.
            while (kept - (chunks[0]?.length ?? 0) >= maxBytes && chunks.length > 1) {
                kept -= chunks.shift()?.length ?? 0;
                cut = true;
            }
        },
        text() {
            const all = Buffer.concat(chunks);
            const text = all.subarray(Math.max(0, all.length - maxBytes)).toString('utf8');
            return cut || all.length > maxBytes ? `…${text}` : text;
        },
    };
}
const LONGEST_LINE = 64 * 1024;
export function lineSplitter(onLine) {
    // A streaming decoder, because a chunk may end in the middle of a character.
    const decoder = new TextDecoder();
    let rest = '';
    const take = (text) => {
        rest += text;
        const lines = rest.split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines)
            onLine(line.endsWith('\r') ? line.slice(0, -1) : line);
        if (rest.length > LONGEST_LINE) {
            onLine(rest);
            rest = '';
        }
    };
    return {
        push: (chunk) => {
            take(decoder.decode(chunk, { stream: true }));
        },
        end: () => {
            take(decoder.decode());
            if (rest !== '')
                onLine(rest);
            rest = '';
        },
    };
}
