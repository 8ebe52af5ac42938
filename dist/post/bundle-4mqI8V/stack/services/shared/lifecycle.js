import { readDefects } from "./defects.js";
import { readText } from "./env.js";
import { errorText } from "./failure.js";
import { createLog } from "./log.js";
/** How long a service may take to end after SIGTERM. */
const CLOSE_LIMIT_MS = 2_500;
/** Starts a service, and ends the process with its exit code: 0 after SIGTERM or SIGINT, 1 when it could not start. */
export function runService(name, start) {
    const log = createLog(name);
    // Not awaited at the top of a module: the bundler does not take that.
    startService(log, start).catch((error) => {
        log.fatal({ event: 'not_started', error: errorText(error) });
        process.exit(1);
    });
}
async function startService(log, start) {
    const defects = readDefects(process.env);
    const service = await start({ env: process.env, log, token: readText(process.env, 'LLORCH_API_TOKEN'), defects });
    log.info({ event: 'started', pid: process.pid, defects: [...defects] });
    endOnSignal(log, service);
}
function endOnSignal(log, service) {
    const end = (signal) => {
        log.info({ event: 'stopping', signal });
        setTimeout(() => {
            log.warn({ event: 'stopped', clean: false });
            process.exit(0);
        }, CLOSE_LIMIT_MS);
        service.close().then(() => {
            log.info({ event: 'stopped', clean: true });
            process.exit(0);
        }, (error) => {
            log.error({ event: 'stopped', clean: false, error: errorText(error) });
            process.exit(1);
        });
    };
    process.once('SIGTERM', end);
    process.once('SIGINT', end);
}
