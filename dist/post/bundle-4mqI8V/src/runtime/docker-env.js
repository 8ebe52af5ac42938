/** The environment of `docker` and `docker compose`. */
import { readFile } from 'node:fs/promises';
import { ChaosError } from "../core/errors.js";
import { childEnv, declaredSecrets } from "./child-env.js";
/**
 * What the compose files may see: see child-env. The daemon is named outright, because the programs would follow the
 * current docker context, which our own client does not know.
 */
export async function dockerEnv(options) {
    const texts = await Promise.all(options.composeFiles.map(readComposeFile));
    const declared = new Set([...options.secrets, ...declaredSecrets(options.source, texts)]);
    return { DOCKER_HOST: 'unix:///var/run/docker.sock', ...childEnv(options.source, { declared, add: options.add }) };
}
async function readComposeFile(file) {
    try {
        return await readFile(file, 'utf8');
    }
    catch (cause) {
        throw new ChaosError('BAD_INPUT', `the compose file ${file} cannot be read`, { cause });
    }
}
