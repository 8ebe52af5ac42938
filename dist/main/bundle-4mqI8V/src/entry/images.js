import { join } from 'node:path';
import { childEnv } from "../runtime/child-env.js";
import { ensureBuilt, ensureImages } from "../runtime/images.js";
import { createSpawnExec } from "../runtime/spawn-exec.js";
import { loadDescriptor } from "../config/stack-file.js";
import { actionRoot } from "./paths.js";
/** The toolbox image by the hash of its content: CHAOS_TOOLBOX_IMAGE names another one. @returns its name. */
export async function prepareToolboxImage(context) {
    const own = context.env['CHAOS_TOOLBOX_IMAGE'] ?? '';
    if (own !== '')
        return own;
    const { image } = await ensureBuilt('chaos-action/toolbox', join(actionRoot(), 'dist', 'toolbox'), imageDeps(context));
    return image;
}
/** Makes the default stack's service images and the toolbox present, so that a later run starts at once. */
export async function prepareImages(context) {
    const descriptor = loadDescriptor(join(actionRoot(), 'stack', 'stack.json'));
    const ready = await ensureImages(descriptor.images, context.env, imageDeps(context));
    return [...ready.map((image) => image.image), await prepareToolboxImage(context)];
}
function imageDeps(context) {
    return { exec: createSpawnExec(), docker: context.docker, log: context.log, env: childEnv(context.env), signal: context.signal };
}
