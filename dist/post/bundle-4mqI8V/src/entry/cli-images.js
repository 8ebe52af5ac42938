import { createDockerClient } from "../runtime/docker-client.js";
import { stderrLogger, watchSignals } from "./cli-common.js";
import { prepareImages } from "./images.js";
export function addImagesCommand(program) {
    program
        .command('images')
        .description("make the default stack's images and the toolbox present, so that a run starts at once")
        .addHelpText('after', '\nExample:\n  chaos-action images')
        .action(async () => {
        const signals = watchSignals();
        try {
            const made = await prepareImages({
                docker: createDockerClient(),
                log: stderrLogger(process.env),
                env: process.env,
                signal: signals.signal,
            });
            process.stdout.write(`${made.join('\n')}\n`);
        }
        finally {
            signals.stop();
        }
    });
}
