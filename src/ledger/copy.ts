import { finished } from 'node:stream/promises';
import type { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

/** Sends lines of COPY's text format. https://www.postgresql.org/docs/current/sql-copy.html */
export async function copyIn(connection: Client, statement: string, lines: string): Promise<void> {
  const stream = connection.query(copyFrom(statement));
  stream.end(lines);
  await finished(stream);
}

/** One field of COPY's text format. */
export function copyField(text: string): string {
  return /[\\\t\n\r]/.test(text) ? text.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character]!) : text;
}

/** A field with JSON text, which has no bare control characters: only backslashes need escaping, which is quick. */
export function copyJson(json: string): string {
  return json.includes('\\') ? json.replaceAll('\\', '\\\\') : json;
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
