import type { Command } from 'commander';

/** A command with the options that all have. */
export function command(program: Command, name: string, description: string, example: string): Command {
  return program
    .command(name)
    .description(description)
    .option('--config <file>', 'the config file', 'peak-braze.yaml')
    .option('--json', 'one JSON value for programs instead of a screen')
    .option('--verbose', 'with stack traces')
    .addHelpText('after', `\nExample:\n  ${example}`)
    .exitOverride();
}
