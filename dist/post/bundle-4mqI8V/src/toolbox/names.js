import { TOOLBOX_ALL_OBJECTS, TOOLBOX_OBJECT_PREFIX } from "../core/toolbox.js";
/** Interface that exists for milliseconds while netem is tried. Interface names have at most 15 characters. */
export const TRIAL_INTERFACE = `${TOOLBOX_OBJECT_PREFIX}_0`;
const WORD = /^[a-z0-9]{1,12}$/;
/** @throws Error when the word would not fit into a chain name. */
export function objectNames(word) {
    if (!WORD.test(word))
        throw new Error(`the word for object names must be 1 to 12 of a-z and 0-9, not '${word}'`);
    const own = `${TOOLBOX_OBJECT_PREFIX}_${word}_`;
    return {
        table: (what) => `${own}${what}`,
        chain: (what) => `${own}${what}`,
        isOwn: word === TOOLBOX_ALL_OBJECTS ? isOurs : (name) => name.startsWith(own),
    };
}
/** True for what any helper of any run may have made. */
export function isOurs(name) {
    return name.startsWith(`${TOOLBOX_OBJECT_PREFIX}_`);
}
