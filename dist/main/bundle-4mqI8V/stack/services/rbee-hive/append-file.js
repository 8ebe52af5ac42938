/** A file of lines that only grows, every append durable before it returns and whole or not there at all. */
import { constants } from 'node:fs';
import { open, rename } from 'node:fs/promises';
const FLAGS = constants.O_RDWR | constants.O_CREAT;
const FILE_MODE = 0o600;
export class AppendFile {
    path;
    #file;
    #bytes;
    constructor(path, file, bytes) {
        this.path = path;
        this.#file = file;
        this.#bytes = bytes;
    }
    static async open(path) {
        const file = await open(path, FLAGS, FILE_MODE);
        const { size } = await file.stat();
        return new AppendFile(path, file, size);
    }
    get bytes() {
        return this.#bytes;
    }
    /** All lines so far. Cuts off a last one that has no end: it was torn by a crash and would spoil the next. */
    async readLines() {
        const text = await this.#file.readFile('utf8');
        const lines = text.split('\n');
        const torn = lines.pop() ?? '';
        if (torn !== '') {
            this.#bytes -= Buffer.byteLength(torn);
            await this.#file.truncate(this.#bytes);
        }
        return lines;
    }
    /** @throws what the file system says; then nothing of it stays in the file. */
    async append(lines) {
        if (lines.length === 0)
            return;
        const data = Buffer.from(`${lines.join('\n')}\n`);
        try {
            await writeAll(this.#file, data, this.#bytes);
            await this.#file.datasync();
            this.#bytes += data.length;
        }
        catch (error) {
            await this.#file.truncate(this.#bytes);
            throw error;
        }
    }
    /** Replaces the content; the old stays until the new is durable. */
    async rewrite(lines) {
        const data = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const fresh = await open(`${this.path}.new`, FLAGS | constants.O_TRUNC, FILE_MODE);
        try {
            await writeAll(fresh, data, 0);
            await fresh.datasync();
            await rename(`${this.path}.new`, this.path);
        }
        catch (error) {
            await fresh.truncate(0);
            await fresh.close();
            throw error;
        }
        await this.#replace(fresh, data.length);
    }
    /** Begins anew; what was there goes on as `<name>.1` in place of the one before. */
    async rotate() {
        await rename(this.path, `${this.path}.1`);
        await this.#replace(await open(this.path, FLAGS, FILE_MODE), 0);
    }
    async close() {
        await this.#file.close();
    }
    async #replace(file, bytes) {
        const old = this.#file;
        this.#file = file;
        this.#bytes = bytes;
        await old.close();
    }
}
async function writeAll(file, data, position) {
    let written = 0;
    while (written < data.length) {
        const { bytesWritten } = await file.write(data, written, data.length - written, position + written);
        if (bytesWritten === 0)
            throw new Error('the file took no more bytes');
        written += bytesWritten;
    }
}
