import { join } from 'node:path';
import { Client } from 'pg';

const CONNECT_TIMEOUT_MS = 5_000;

/** Connects, queries and disconnects. */
export async function withClient<T>(url: string, ask: (client: Client) => Promise<T>): Promise<T> {
  const client = await connectClient(url);
  try {
    return await ask(client);
  } finally {
    await client.end();
  }
}

/** A separate connection. The caller handles its loss (`end`) and closes it. */
export async function connectClient(url: string, applicationName = 'peak-braze'): Promise<Client> {
  // ssl: a PGSSLMODE in the shell is meant for another server.
  const client = new Client({
    connectionString: url,
    ssl: false,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  // A lost connection comes as `end` too; without a listener `error` would end this process.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Whether this connection keeps the process running; at first it does. */
export function keepEventLoop(client: Client, keep: boolean): void {
  // @types/pg lacks both.
  const handle = client as Client & { ref(): void; unref(): void };
  if (keep) handle.ref();
  else handle.unref();
}

/** Whether a retry cannot help, because the stored password is not that of the data. */
export function isPasswordRefused(error: unknown): boolean {
  return (error as { code?: string }).code === '28P01';
}

/** The error for a server that we started and that cannot be used. */
export function connectionProblem(dir: string, cause: unknown): Error {
  return isPasswordRefused(cause)
    ? new Error(
        `Postgres refuses the password in ${join(dir, 'password')}. Restore it, or remove ${dir} with its data.`,
        {
          cause,
        },
      )
    : new Error(`Postgres started but accepts no connection; see ${join(dir, 'postgres.log')}.`, { cause });
}

/** Creates the database unless it exists, also when others do so at the same time. */
export async function createDatabaseOnce(client: Client, name: string): Promise<void> {
  try {
    await client.query(`create database ${client.escapeIdentifier(name)}`);
  } catch (error) {
    // duplicate_database; unique_violation when two create it at the same moment.
    if (!['42P04', '23505'].includes((error as { code?: string }).code ?? '')) throw error;
  }
}
