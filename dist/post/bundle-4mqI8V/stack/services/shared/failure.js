/** An answer that is not 2xx, with a stable code. `retryAfterS` becomes the Retry-After header. */
export class ServiceError extends Error {
    status;
    code;
    retryAfterS;
    constructor(status, code, message, retryAfterS = null) {
        super(message);
        this.name = 'ServiceError';
        this.status = status;
        this.code = code;
        this.retryAfterS = retryAfterS;
    }
}
/** 503: not now, ask again. */
export function unavailable(code, message) {
    return new ServiceError(503, code, message, 1);
}
export function errorBody(code, message) {
    return JSON.stringify({ error: { code, message } });
}
/** Node's code of anything thrown (`ECONNRESET`), or an empty string. */
export function errorCode(error) {
    return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
export function errorText(error) {
    return error instanceof Error ? error.message || error.name : String(error);
}
