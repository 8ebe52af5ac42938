import { z } from 'zod';
import { describeError } from "../core/errors.js";
import { ARGUMENTS, parseArguments } from "./arguments.js";
const REQUEST = z.strictObject({ id: z.int().min(1), op: z.string(), args: z.unknown() });
/** Requests under way at once. */
const MAX_RUNNING = 64;
/** Reply id for a line that is no request, and so has none. */
const NO_ID = 0;
/** Turns request lines into replies. Requests run side by side: a slow probe keeps no one waiting. */
export class Dispatcher {
    operations;
    running = 0;
    constructor(operations) {
        this.operations = operations;
    }
    /** Never rejects: whatever goes wrong is the reply. */
    async answer(line) {
        const request = parseRequest(line);
        if (request === null)
            return { id: NO_ID, ok: false, error: `not a request: ${line.slice(0, 200)}` };
        const { id, op, args } = request;
        if (!isOperation(op))
            return { id, ok: false, error: `unknown operation '${op}'` };
        if (this.running >= MAX_RUNNING)
            return { id, ok: false, error: `${String(MAX_RUNNING)} requests are under way already` };
        this.running += 1;
        try {
            return { id, ok: true, reply: await this.run(op, args) };
        }
        catch (error) {
            return { id, ok: false, error: describeError(error) };
        }
        finally {
            this.running -= 1;
        }
    }
    async run(op, args) {
        // The table's types hold per operation, and `op` picks arguments and operation alike; that it is the same one is beyond
        // the compiler. Replies are plain objects.
        const operation = this.operations[op];
        return (await operation(parseArguments(op, args)));
    }
}
function parseRequest(line) {
    try {
        return REQUEST.parse(JSON.parse(line));
    }
    catch {
        return null;
    }
}
function isOperation(op) {
    return Object.hasOwn(ARGUMENTS, op);
}
