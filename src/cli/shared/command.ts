import type { Command } from 'commander';
import { DEFAULT_CONFIG_FILE, programName, rememberConfigFile } from '../../invocation';

/** A command with the options that all have; an example is without the program's name. */
export function command(program: Command, name: string, description: string, ...examples: string[]): Command {
  return program
    .command(name)
    .description(description)
    .option('--config <file>', 'read this config file', DEFAULT_CONFIG_FILE)
    .option('--json', 'print JSON')
    .option('--verbose', 'include stack traces')
    .addHelpText('after', () => `\nExample:\n${examples.map((one) => `  ${programName()} ${one}`).join('\n')}`)
    .hook('preAction', (_, action) => rememberConfigFile(action.opts<{ config: string }>().config))
    .exitOverride();
}
