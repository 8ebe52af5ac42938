import { ResponseParser } from "./response-parser.js";
import { openSocket } from "./wire.js";
/** One keep-alive connection that is held open across a fault. */
export class HeldConnection {
    /** Bytes received since it was opened. */
    bytes = 0;
    socket;
    parser = new ResponseParser();
    asked = 0;
    answered = 0;
    closed = false;
    /** Called after every change, while someone waits. */
    onChange = () => undefined;
    constructor(address) {
        this.socket = openSocket(address);
        this.socket.on('data', (chunk) => {
            this.bytes += chunk.length;
            this.read(chunk);
            this.onChange();
        });
        this.socket.on('end', () => {
            this.close();
        });
        this.socket.on('error', () => {
            this.close();
        });
    }
    /**
     * Sends one request in one packet. `answered` once every request so far has a whole answer: one that was silent in
     * the last try must not lend its late answer to this one.
     */
    ask(request, timeoutMs) {
        if (this.closed)
            return Promise.resolve('closed');
        this.asked += 1;
        // Before the connection stands, the socket keeps this and sends it then.
        this.socket.write(request);
        return new Promise((resolve) => {
            const finish = (outcome) => {
                clearTimeout(timer);
                this.onChange = () => undefined;
                resolve(outcome);
            };
            const timer = setTimeout(() => {
                finish('silent');
            }, timeoutMs);
            this.onChange = () => {
                if (this.answered >= this.asked)
                    finish('answered');
                else if (this.closed)
                    finish('closed');
            };
        });
    }
    get open() {
        return !this.closed;
    }
    close() {
        this.closed = true;
        this.socket.destroy();
        this.onChange();
    }
    read(chunk) {
        try {
            this.answered += this.parser.push(chunk).length;
        }
        catch {
            // Whatever speaks there, it is not the server that answered before.
            this.close();
        }
    }
}
