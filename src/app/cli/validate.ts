import type { Command } from 'commander'

export function addValidateCommand(program: Command): void {
  program
    .command('validate')
    .description('check scenario files; names file:line:column and key of every mistake, exits 2 on any; needs no Docker')
    .argument('<files...>', 'scenario files')
    .addHelpText('after', '\nExample:\n  chaos-action validate scenarios/chaos/*.json')
    .action(async (files: string[]) => {
      const { runValidate } = await import('./work.ts')
      process.exitCode = runValidate(files, (text) => process.stdout.write(text))
    })
}
