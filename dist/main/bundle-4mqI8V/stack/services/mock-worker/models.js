/** How fast a model is and what it holds in memory: the table that the settings give, and the default for any other name. */
import { BadSettingError } from "../shared/env.js";
/** `name=ms,name=ms`. @throws BadSettingError for an entry that is not of that form. */
export function parseSpeeds(setting, defaultMs) {
    const entries = setting.split(',').filter((entry) => entry.trim() !== '');
    const table = new Map(entries.map(parseEntry));
    return { msPerToken: (model) => table.get(model) ?? defaultMs };
}
function parseEntry(entry) {
    const [name, ms, ...rest] = entry.trim().split('=');
    const value = Number(ms);
    if (name === undefined || name === '' || ms === undefined || ms === '' || rest.length > 0 || !(value >= 0 && value <= 10_000)) {
        throw new BadSettingError('WORKER_MODEL_SPEEDS', `has "${entry}" and must be a list of name=milliseconds`);
    }
    return [name, value];
}
