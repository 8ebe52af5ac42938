export function seededRandom(seed) {
    let state = seed >>> 0;
    const next = () => {
        // mulberry32 (Tommy Ettinger, public domain): 32 bits of state are plenty to pick targets.
        state = (state + 0x6d2b79f5) >>> 0;
        let mixed = state;
        mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
    };
    const integer = (min, max) => min + Math.floor(next() * (max - min + 1));
    return {
        next,
        integer,
        shuffle(items) {
            const copy = [...items];
            for (let index = copy.length - 1; index > 0; index -= 1) {
                const other = integer(0, index);
                const held = copy[index];
                copy[index] = copy[other];
                copy[other] = held;
            }
            return copy;
        },
        fork: (name) => seededRandom(fnv1a(`${String(seed)}/${name}`)),
    };
}
function fnv1a(text) {
    let hash = 0x811c9dc5;
    for (const byte of Buffer.from(text, 'utf8')) {
        hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
    }
    return hash;
}
