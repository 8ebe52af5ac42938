import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import { ChaosError } from "../core/errors.js";
/** Writes under `outDir` only. Every text is passed through `redact` before it reaches the disk. */
export function fileArtifacts(outDir, redact) {
    return {
        async write(path, text) {
            const relative = normalize(path);
            if (relative.startsWith('..') || relative.startsWith(sep))
                throw new ChaosError('INTERNAL', `${path} lies outside the results folder`);
            const file = join(outDir, relative);
            await mkdir(dirname(file), { recursive: true });
            await writeFile(file, redact(text));
            await chmod(file, 0o644);
            return relative;
        },
    };
}
/** Replaces each secret by stars. Values under six characters are left: they would blot out ordinary words. */
export function redactor(secrets) {
    const values = [...new Set(secrets.filter((value) => value.length >= 6))].sort((a, b) => b.length - a.length);
    return (text) => values
        .reduce((redacted, value) => redacted.replaceAll(value, '***'), text)
        .replace(/(authorization["']?\s*[:=]\s*["']?bearer\s+)[^\s"',]+/gi, '$1***');
}
/** The same with every string redacted, keys left alone: log lines and bodies find their way into reasons. */
export function redactObject(value, redact) {
    const walk = (part) => {
        if (typeof part === 'string')
            return redact(part);
        if (Array.isArray(part))
            return part.map(walk);
        if (typeof part !== 'object' || part === null)
            return part;
        return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, walk(inner)]));
    };
    return walk(value);
}
