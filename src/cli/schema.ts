import type { Command } from 'commander';
import { z } from 'zod';
import { jsonSchema } from '../config/jsonSchema';
import { SHAPES, type CommandWithShape } from './schema/shapes';
import { command } from './shared/command';
import { CliProblem, EXIT } from './shared/problem';
import { printJson } from './shared/screen';

/** `schema`: the JSON Schemas of the config and of `--json`. */
export function addSchema(program: Command): void {
  command(
    program,
    'schema <what>',
    'Print the JSON Schema of the config file, or of what a command prints with --json',
    'schema config > peak-braze.schema.json',
  ).action((what: string) => {
    if (what === 'config') return printJson(jsonSchema());
    if (!Object.hasOwn(SHAPES, what)) {
      throw new CliProblem(
        `There is no schema of ${what}. Schemas: config, ${Object.keys(SHAPES).join(', ')}.`,
        EXIT.usage,
      );
    }
    printJson(z.toJSONSchema(SHAPES[what as CommandWithShape]));
  });
}
