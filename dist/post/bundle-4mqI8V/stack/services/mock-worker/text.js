/** The text that a "model" makes up: a function of its seed, so that an answer can be repeated, resumed and compared. */
const WORDS = ('a bee the hive of and in to queen wax honey comb is was for on with swarm light pollen meadow that as by it wing drone sun ' +
    'flower cell from brood amber at nectar warm hum stone river cloud field early late small bright over under between slow ' +
    'quiet gold leaf root wind rain north path door grain salt iron glass paper silver morning evening').split(' ');
/** FNV-1a, 32 bits. */
function hash(text) {
    let value = 0x811c9dc5;
    for (let at = 0; at < text.length; at += 1)
        value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
    return value >>> 0;
}
/** The finalizer of splitmix32: neighbours in, strangers out. */
function mix(value) {
    let mixed = (value + 0x9e3779b9) | 0;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
}
/** Tokens `from` (inclusive) to `to` (exclusive). Any cut into parts gives the same whole. */
export function tokensText(seed, from, to) {
    const start = hash(seed);
    let text = '';
    for (let index = from; index < to; index += 1) {
        const word = WORDS[mix(start + index) % WORDS.length] ?? '';
        text += index === 0 ? word : ` ${word}`;
    }
    return text;
}
