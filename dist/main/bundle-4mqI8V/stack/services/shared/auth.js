import { createHash, timingSafeEqual } from 'node:crypto';
import { ServiceError } from "./failure.js";
const MAX_HEADER_LENGTH = 8_192;
/** @throws RangeError for an empty token: it would lock everybody out, or let everybody in. */
export function bearerCheck(token) {
    if (token === '')
        throw new RangeError('the API token must not be empty');
    const expected = digest(token);
    return (header) => {
        if (header?.startsWith('Bearer ') !== true || header.length > MAX_HEADER_LENGTH) {
            throw new ServiceError(401, 'MISSING_API_KEY', 'Missing API key');
        }
        // Digests have one length, so the comparison tells nothing about the token's.
        if (!timingSafeEqual(digest(header.slice('Bearer '.length).trim()), expected)) {
            throw new ServiceError(401, 'INVALID_API_KEY', 'Invalid or missing API key');
        }
    };
}
function digest(text) {
    return createHash('sha256').update(text).digest();
}
