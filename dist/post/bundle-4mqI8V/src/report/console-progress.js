import { consoleText } from "./escape.js";
import { duration } from "./facts.js";
import { eventText } from "./run-log.js";
const REFRESH_MS = 500;
const CLEAR_LINE = '\r\u001b[2K';
export function consoleProgress(options) {
    return options.isTerminal ? liveProgress(options) : plainProgress(options);
}
function plainProgress({ stream }) {
    return {
        name: 'progress',
        onEvent(event) {
            // Phases are for run.log and for the live line; a CI log is read afterwards.
            if (event.type === 'phase-started' || isChatter(event))
                return;
            stream.write(`${consoleText(eventText(event), 1_000)}\n`);
        },
        onEnd: () => Promise.resolve(),
    };
}
function liveProgress({ stream, nowMs = () => performance.now() }) {
    let state = null;
    let timer;
    const draw = () => {
        if (state === null)
            return;
        const elapsedMs = nowMs() - state.startedMs;
        const left = state.leftMs === null ? '' : `, about ${duration(wholeSeconds(Math.max(0, state.leftMs - elapsedMs)))} left`;
        const phase = state.phase === '' ? '' : ` · ${state.phase}`;
        stream.write(CLEAR_LINE + consoleText(`${state.text}${phase} · ${duration(wholeSeconds(elapsedMs))}${left}`, (stream.columns ?? 80) - 1));
    };
    const line = (event) => {
        stream.write(`${CLEAR_LINE}${consoleText(eventText(event), 1_000)}\n`);
    };
    const show = (text, leftMs) => {
        state = { text, phase: '', startedMs: nowMs(), leftMs };
        timer ??= setInterval(draw, REFRESH_MS).unref();
        draw();
    };
    const stop = () => {
        clearInterval(timer);
        timer = undefined;
        state = null;
        stream.write(CLEAR_LINE);
    };
    return {
        name: 'progress',
        onEvent(event) {
            switch (event.type) {
                case 'step-started':
                    show(event.step, null);
                    return;
                case 'scenario-started':
                    show(`${event.id} ${event.name} (${String(event.index)}/${String(event.total)})`, event.leftMs);
                    return;
                case 'phase-started':
                    if (state !== null)
                        state.phase = event.phase;
                    draw();
                    return;
                case 'run-ended':
                    stop();
                    line(event);
                    return;
                case 'run-started':
                case 'step-ended':
                case 'scenario-ended':
                case 'log':
                    if (isChatter(event))
                        return;
                    line(event);
                    draw();
            }
        },
        onEnd() {
            stop();
            return Promise.resolve();
        },
    };
}
/** What the engine tells itself; the front end's logger decides what of it people see. */
function isChatter(event) {
    return event.type === 'log' && (event.level === 'debug' || event.level === 'info');
}
function wholeSeconds(ms) {
    return Math.floor(ms / 1_000) * 1_000;
}
