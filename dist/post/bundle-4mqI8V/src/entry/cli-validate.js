import { runValidate } from "../config/validate-command.js";
export function addValidateCommand(program) {
    program
        .command('validate')
        .description('check scenario files; names file:line:column and key of every mistake, exits 2 on any; needs no Docker')
        .argument('<files...>', 'scenario files')
        .addHelpText('after', '\nExample:\n  chaos-action validate scenarios/chaos/*.json')
        .action((files) => {
        process.exitCode = runValidate(files, (text) => process.stdout.write(text));
    });
}
