import type { Command } from 'commander'
import { stderrLogger, watchSignals } from './common.ts'

export function addImagesCommand(program: Command): void {
  program
    .command('images')
    .description("make the default stack's images and the toolbox present, so that a run starts at once")
    .option('--published', 'only print the name under which a release publishes the toolbox', false)
    .addHelpText('after', '\nExample:\n  chaos-action images')
    .action(async (flags: { published: boolean }) => {
      const { createDockerClient, prepareImages, publishedToolboxName } = await import('./work.ts')
      if (flags.published) {
        process.stdout.write(`${await publishedToolboxName()}\n`)
        return
      }
      using signals = watchSignals()
      const { env } = process
      const made = await prepareImages({ docker: createDockerClient(), log: stderrLogger(env), env, signal: signals.signal })
      process.stdout.write(`${made.join('\n')}\n`)
    })
}
