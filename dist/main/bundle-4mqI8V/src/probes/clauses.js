/** All parts must be met. A part that is missed decides, whatever another one could not tell. */
export function joinParts(parts) {
    const met = parts.some((part) => part.met === false)
        ? false
        : parts.length === 0 || parts.some((part) => part.met === null)
            ? null
            : true;
    return { expected: parts.map((part) => part.expected).join('; '), observed: parts.map((part) => part.observed).join('; '), met };
}
/** `97 %`, `99.5 %`: as many digits as the share needs, at most two; rounded down, so that 99.999 % never reads 100 %. */
export function percentText(share) {
    if (!Number.isFinite(share))
        return '? %';
    return `${String(Math.floor(share * 10_000 + 1e-9) / 100)} %`;
}
export function msText(value) {
    return Number.isFinite(value) ? `${String(Math.round(value))} ms` : '? ms';
}
