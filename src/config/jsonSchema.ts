import { z } from 'zod';
import { configSchema } from './schema';

/** The JSON Schema of the config file, for editors (`# yaml-language-server: $schema=…`). Knows the shape, not the rules. */
export function jsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(configSchema, { io: 'input', override: ({ jsonSchema: part }) => asInTheFile(part) });
}

/**
 * The schema reads scalars as the text that was written; the file has numbers and booleans there, or a variable in place of
 * any of them.
 */
function asInTheFile(part: z.core.JSONSchema.BaseSchema): void {
  // A part with a default is visited after its inner part, and then already has that one's `anyOf`.
  const { default: preset, ...scalar } = (part.anyOf?.[0] as typeof part | undefined) ?? part;
  const isNumberOrBoolean = scalar.type === 'integer' || scalar.type === 'number' || scalar.type === 'boolean';
  if (typeof part.default === 'string' && isNumberOrBoolean) part.default = JSON.parse(part.default);
  if (part.anyOf !== undefined || !(isNumberOrBoolean || part.enum !== undefined || part.pattern !== undefined)) return;
  for (const key of Object.keys(scalar)) delete part[key];
  part.anyOf = [scalar, { type: 'string', pattern: '\\$\\{' }];
  if (preset !== undefined) part.default = preset;
}
