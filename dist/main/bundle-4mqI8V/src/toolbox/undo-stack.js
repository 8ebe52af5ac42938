import { describeError } from "../core/errors.js";
/**
 * What this helper installed, in order. An undo is registered before the thing is made, and makers and undoers run one at
 * a time, so that a signal between two commands cannot leave something behind.
 */
export class UndoStack {
    entries = [];
    tail = Promise.resolve();
    /**
     * Registers `undo`, then runs `make`. When that fails, what it left half done is removed and the failure is thrown.
     * @throws Error when `name` is installed already.
     */
    install(name, undo, make) {
        return this.exclusive(async () => {
            if (this.entries.some((entry) => entry.name === name)) {
                throw new Error(`${name} is already installed by this helper; a second one needs a helper of its own`);
            }
            const entry = { name, undo };
            this.entries.push(entry);
            try {
                return await make();
            }
            catch (error) {
                await undo();
                this.entries.splice(this.entries.indexOf(entry), 1);
                throw error;
            }
        });
    }
    /** Undoes everything, newest first. @throws Error naming what could not be undone; that stays registered. */
    undoAll() {
        return this.exclusive(async () => {
            const undone = [];
            const failed = [];
            for (const entry of [...this.entries].reverse()) {
                try {
                    undone.push(...(await entry.undo()));
                    this.entries.splice(this.entries.indexOf(entry), 1);
                }
                catch (error) {
                    failed.push(`${entry.name}: ${describeError(error, 500)}`);
                }
            }
            if (failed.length > 0)
                throw new Error(`could not undo ${failed.join('; ')}`);
            return undone;
        });
    }
    /** Runs work that cleans up after itself, with no install or undo beside it. */
    exclusive(work) {
        const result = this.tail.then(work);
        this.tail = result.catch(() => undefined);
        return result;
    }
}
