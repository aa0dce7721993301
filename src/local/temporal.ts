import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { noteWhileWaiting } from './note';
import type { Note } from './note';
import { acceptsConnections, freePort, untilPortFree } from './ports';
import { endsWithin, isProgram } from './processes';
import type { StopStep } from './processes';
import { startServerProcess } from './serverProcess';
import type { ServerProcess } from './serverProcess';
import { findTemporalBinary } from './temporalBinary';

interface TemporalOptions {
  /** Folder for the log (`temporal.log`) and, unless `dbFile` says otherwise, the database. Created when missing. */
  dir: string;
  /** gRPC port on 127.0.0.1. Default: a free one. */
  port?: number;
  /** Port of the Web UI. Default: a free one. */
  uiPort?: number;
  /** Without the Web UI: starts a little sooner. Default false. */
  headless?: boolean;
  note: Note;
  /** More arguments of `temporal server start-dev`. */
  extraArgs?: readonly string[];
  /** Where everything is kept; starting again with the same file resumes all workflows. Default `<dir>/temporal.db`. */
  dbFile?: string;
}

/** A Temporal dev server that was started here. */
export interface TemporalServer {
  /** host:port for `Connection.connect`. */
  address: string;
  /** Address of the Web UI, null when headless. */
  uiUrl: string | null;
  pid: number;
  /** Stops the server and waits for its end: SIGTERM, after 5 s SIGKILL (SQLite survives it). Calling twice is harmless. */
  stop(): Promise<void>;
}

const STOP_STEPS = [
  { signal: 'SIGTERM', graceMs: 5_000 },
  { signal: 'SIGKILL', graceMs: 5_000 },
] as const satisfies readonly StopStep[];
/** It takes about 1.5 s to stop. */
const FORMER_SERVER_MS = 4_000;
const START_TIMEOUT_MS = 60_000;
/** A port that was free may be taken a moment later; only for ports we chose ourselves. */
const PORT_ATTEMPTS = 3;

/**
 * Starts the official CLI's dev server and resolves when it answers for namespace `default`. It ends with this process, however
 * this process ends (see startServerProcess).
 *
 * @throws Error with one sentence and the end of the server's log, when it does not start
 */
export async function startTemporal(options: TemporalOptions): Promise<TemporalServer> {
  const binary = await findTemporalBinary({ note: options.note });
  const dir = resolve(options.dir);
  const dbFile = resolve(options.dbFile ?? join(dir, 'temporal.db'));
  await mkdir(dir, { recursive: true });
  await waitForFormerServer(dbFile);
  for (let attempt = 1; ; attempt++) {
    const port = await chosenPort(options.port);
    const uiPort = options.headless ? null : await chosenPort(options.uiPort);
    try {
      return await noteWhileWaiting('the Temporal server', options.note, () =>
        startOnPorts(binary, { dir, dbFile, port, uiPort, extraArgs: options.extraArgs ?? [] }),
      );
    } catch (error) {
      // The server also chooses ports, and panics in different ways when another program took one first.
      const takenMeanwhile = /address already in use|^panic: /m.test((error as Error).message);
      if (!takenMeanwhile || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

/** Whether a Temporal server answers at this address within `timeoutMs`. Never throws. */
export async function isTemporalReachable(address: string, timeoutMs = 2_000): Promise<boolean> {
  const separator = address.lastIndexOf(':');
  // A refused connection answers at once; gRPC would retry until the timeout.
  const open = await acceptsConnections(Number(address.slice(separator + 1)), address.slice(0, separator), timeoutMs);
  return open && answers(address, timeoutMs, async () => undefined);
}

async function startOnPorts(
  binary: string,
  {
    dir,
    dbFile,
    port,
    uiPort,
    extraArgs,
  }: { dir: string; dbFile: string; port: number; uiPort: number | null; extraArgs: readonly string[] },
): Promise<TemporalServer> {
  const logFile = join(dir, 'temporal.log');
  const server = await startServerProcess({
    command: binary,
    args: [
      'server',
      'start-dev',
      '--ip',
      '127.0.0.1',
      '--port',
      String(port),
      '--db-filename',
      dbFile,
      ...(uiPort === null ? ['--headless'] : ['--ui-port', String(uiPort)]),
      // Four times as many starts and signals per second; a killed server loses nothing, only a power cut may.
      '--sqlite-pragma',
      'journal_mode=WAL',
      '--sqlite-pragma',
      'synchronous=1',
      '--log-level',
      'warn',
      ...extraArgs,
    ],
    env: withoutTemporalSettings(process.env),
    logFile,
    stopSteps: STOP_STEPS,
    lifetime: 'with-us',
  });
  await writeFile(pidFileOf(dbFile), String(server.pid));
  try {
    await untilReady(server, port);
  } catch (error) {
    const logged = await server.lastLogLines();
    await server.stop();
    throw new Error(`${(error as Error).message} Its log, ${logFile}, ends with:\n${logged}`, { cause: error });
  }
  return {
    address: `127.0.0.1:${port}`,
    uiUrl: uiPort === null ? null : `http://127.0.0.1:${uiPort}`,
    pid: server.pid,
    stop: async () => {
      await server.stop();
      await rm(pidFileOf(dbFile), { force: true });
    },
  };
}

async function untilReady(server: ServerProcess, port: number): Promise<void> {
  const untilMs = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < untilMs) {
    const end = server.ended();
    if (end !== null) throw new Error(`The Temporal server did not start (${end}).`);
    // gRPC waits a second after a refused connection, so it is asked only once the port is open.
    if (await acceptsConnections(port)) {
      const ready = await answers(`127.0.0.1:${port}`, 5_000, async (connection) => {
        await connection.workflowService.describeNamespace({ namespace: 'default' });
      });
      if (ready) return;
    }
    await sleep(20);
  }
  throw new Error(`The Temporal server does not answer on port ${port} after ${START_TIMEOUT_MS / 1_000} s.`);
}

async function answers(
  address: string,
  timeoutMs: number,
  ask: (connection: Connection) => Promise<void>,
): Promise<boolean> {
  const connection = Connection.lazy({ address, connectTimeout: timeoutMs });
  try {
    await connection.ensureConnected();
    await connection.withDeadline(Date.now() + timeoutMs, () => ask(connection));
    return true;
  } catch {
    return false;
  } finally {
    await connection.close();
  }
}

/** Two servers on one SQLite file block each other. One may still be ending because its owner was just killed. */
async function waitForFormerServer(dbFile: string): Promise<void> {
  const pid = Number(await readFile(pidFileOf(dbFile), 'utf8').catch(() => ''));
  if (!pid || !(await isProgram(pid, dbFile))) return;
  if (!(await endsWithin(pid, FORMER_SERVER_MS))) {
    throw new Error(`A Temporal server already runs on ${dbFile} (pid ${pid}). Stop it first: kill ${pid}`);
  }
}

function pidFileOf(dbFile: string): string {
  return `${dbFile}.pid`;
}

async function chosenPort(wanted: number | undefined): Promise<number> {
  if (wanted === undefined) return freePort();
  await untilPortFree(wanted);
  return wanted;
}

/** A shell with settings for a production Temporal must not change a local server. */
function withoutTemporalSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}
