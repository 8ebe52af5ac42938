import { errorCode, errorText } from "../shared/failure.js";
export class AttemptFailure extends Error {
    reason;
    constructor(reason, message) {
        super(message);
        this.name = 'AttemptFailure';
        this.reason = reason;
    }
}
const REASON_BY_CODE = {
    ECONNRESET: 'reset',
    EPIPE: 'reset',
    UND_ERR_SOCKET: 'closed',
    UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'closed',
    UND_ERR_CONNECT_TIMEOUT: 'connect',
    ECONNREFUSED: 'connect',
    EHOSTUNREACH: 'connect',
    ENETUNREACH: 'connect',
    ETIMEDOUT: 'connect',
    ENOTFOUND: 'connect',
    EAI_AGAIN: 'connect',
    EMFILE: 'connect',
};
export function toAttemptFailure(error) {
    if (error instanceof AttemptFailure)
        return error;
    const code = errorCode(error);
    return new AttemptFailure(REASON_BY_CODE[code] ?? 'protocol', code === '' ? errorText(error) : `${code}: ${errorText(error)}`);
}
