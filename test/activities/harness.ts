import { randomUUID } from 'node:crypto';
import { ActivityCancellationDetails } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { pino } from 'pino';
import { createActivities, type Activities } from '../../src/activities';
import type { Deps } from '../../src/activities/dependencies';
import { createBrazeClient, type BrazeClient } from '../../src/braze/client';
import { mappingFingerprint } from '../../src/config/fingerprint';
import { loadConfig } from '../../src/config/load';
import { ConfigError } from '../../src/config/problem';
import { readRun, type RunRecord } from '../../src/ledger/runs';
import { InvalidConfiguration } from '../../src/planning/configuration';
import { openTenant } from '../../src/tenant/open';
import type { TenantStore } from '../../src/tenant/store';
import type { ChunkResult, OpenRunInput } from '../../src/types/activities';
import { createEnvironment, eventually, type TestEnvironment, type TestEnvironmentOptions } from '../environment';
import { openSqlLedger, type SqlLedger } from '../ledgerSql';

/** An activity under way, to be stopped as a signal or a lost server would. */
export interface Running<T> {
  result: Promise<T>;
  /** As a pause or a cancel does: asked for by the workflow. */
  stop(): void;
  /** Whatever was handed to `heartbeat`. */
  heartbeats: unknown[];
}

/** The activities alone, without Temporal: on a real ledger, a real tenant and the emulator. */
export interface ActivityHarness {
  world: TestEnvironment;
  /** As the worker has it: with room for chunks side by side. */
  ledger: SqlLedger;
  deps: Deps;
  /** First run ids of workflows that Temporal no longer has open. */
  gone: Set<string>;
  begin<Name extends keyof Activities>(name: Name, input: Parameters<Activities[Name]>[0]): Running<Output<Name>>;
  call<Name extends keyof Activities>(name: Name, input: Parameters<Activities[Name]>[0]): Promise<Output<Name>>;
  open(input?: Partial<OpenRunInput>): Promise<number>;
  /** Opens a run and brings it to where extraction begins. */
  prepared(input?: Partial<OpenRunInput>): Promise<number>;
  /** … to where delivery begins. */
  extracted(input?: Partial<OpenRunInput>): Promise<number>;
  /** Posts chunk by chunk and records. */
  finish(run: number): Promise<RunRecord>;
  post(run: number, chunk?: number): Promise<ChunkResult>;
  beginPost(run: number, chunk?: number): Running<ChunkResult>;
  /** A second process with the same ledger, tenant and Braze. */
  elsewhere(change: Partial<Deps>): Activities;
  close(): Promise<void>;
}

type Output<Name extends keyof Activities> = Awaited<ReturnType<Activities[Name]>>;

export async function createHarness(options: TestEnvironmentOptions = {}): Promise<ActivityHarness> {
  const world = await createEnvironment(options);
  const ledger = openSqlLedger(world.ledgerUrl);
  const tenants = new Map<string, TenantStore>();
  const brazes = new Map<string, BrazeClient>();
  const gone = new Set<string>();
  const running: Running<unknown>[] = [];

  const deps: Deps = {
    ledger,
    readConfiguration() {
      try {
        return loadConfig(world.configPath, { env: world.env });
      } catch (error) {
        if (error instanceof ConfigError) throw new InvalidConfiguration(error.message);
        throw error;
      }
    },
    fingerprint: mappingFingerprint,
    tenant: (url) => getOrCreate(tenants, url, () => openTenant(url)),
    braze: (endpoint, apiKey) =>
      getOrCreate(brazes, `${endpoint} ${apiKey}`, () => createBrazeClient({ endpoint, apiKey })),
    workflows: { isOpen: async ({ firstRunId }) => !gone.has(firstRunId) },
    notifier: () => null,
    searchAttributes: true,
    log: pino({ level: 'silent' }),
  };
  const activities = createActivities(deps);

  const stage: ActivityHarness = {
    world,
    ledger,
    deps,
    gone,
    begin(name, input) {
      const one = begin(activities, name, input);
      running.push(one);
      return one;
    },
    call: (name, input) => stage.begin(name, input).result,
    async open(input = {}) {
      const request = { mode: 'changes', modelRun: 'next', since: null, until: null, selection: null } as const;
      const { run } = await stage.call('openRun', {
        firstRunId: randomUUID(),
        sync: 'churn',
        resend: false,
        ...request,
        ...input,
      });
      return run;
    },
    async prepared(input) {
      const run = await stage.open(input);
      await stage.call('askForLease', { run, kind: 'sync' });
      await stage.call('prepareRun', { run, modelRun: null, keyConfirmed: false });
      return run;
    },
    async extracted(input) {
      const run = await stage.prepared(input);
      await stage.call('extractChanges', { run });
      await stage.call('askForLease', { run, kind: 'workspace' });
      return run;
    },
    async finish(run) {
      const { settings, staged } = await readRun(ledger, run);
      const chunks = Math.ceil(staged / settings!.delivery.chunkCustomers);
      for (let chunk = 0; chunk < chunks; chunk += 1) expect((await stage.post(run, chunk)).done).toBe(true);
      await stage.call('closeRun', { run, end: 'completed' });
      return readRun(ledger, run);
    },
    post: (run, chunk) => stage.beginPost(run, chunk).result,
    beginPost: (run, chunk = 0) =>
      stage.begin('postChunk', { run, chunk, keyConfirmed: false, approvedGuards: [], waitingShown: null }),
    elsewhere: (change) => createActivities({ ...deps, ...change }),
    async close() {
      // A test that failed half way leaves its activities running, and those end only on a stop.
      for (const one of running) one.stop();
      await Promise.allSettled(running.map(({ result }) => result));
      await Promise.all([...tenants.values()].map((tenant) => tenant.close()));
      await Promise.all([...brazes.values()].map((braze) => braze.close()));
      await ledger.destroy();
      await world.close();
    },
  };
  return stage;
}

/** Runs an activity in an environment of its own: a stop of one must not reach another. */
export function begin<Name extends keyof Activities>(
  activities: Activities,
  name: Name,
  input: Parameters<Activities[Name]>[0],
): Running<Output<Name>> {
  const environment = new MockActivityEnvironment({ activityType: name }, { logger: new DefaultLogger('ERROR') });
  const heartbeats: unknown[] = [];
  environment.on('heartbeat', (details: unknown) => heartbeats.push(details));
  const activity = activities[name] as (input: unknown) => Promise<Output<Name>>;
  const result = environment.run<[unknown], Output<Name>, typeof activity>(activity, input);
  // The awaiting test handles it; a test that checks something else first must not see it as unhandled.
  result.catch(() => undefined);
  return {
    result,
    stop: () => environment.cancel('CANCELLED', new ActivityCancellationDetails({ cancelRequested: true })),
    heartbeats,
  };
}

function getOrCreate<T>(all: Map<string, T>, key: string, open: () => T): T {
  const existing = all.get(key) ?? open();
  all.set(key, existing);
  return existing;
}

/** Sets the workspace's rate in the config; requests a second. */
export function atRate(stage: ActivityHarness, requestsPerSecond: number): void {
  stage.world.configure(
    {},
    {
      workspaces: {
        'shop-eu': {
          restEndpoint: stage.world.braze.url,
          apiKey: '${BRAZE_API_KEY}',
          rateLimit: { requests: requestsPerSecond, perSeconds: 1 },
        },
      },
    },
  );
}

/** Ids of fillStore's customers from..to, which are their sequence numbers too. */
export function customers(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `c${String(from + index).padStart(6, '0')}`);
}

/** Everyone whom a request carried, in the order of arrival. */
export function sentCustomers(stage: ActivityHarness): string[] {
  return stage.world.braze.requests.flatMap(({ ids }) => ids ?? []);
}

/** Waits while an hour ends within 20 s: its turn would begin another hourly budget. */
export async function hourThatLasts(): Promise<void> {
  const HOUR_MS = 3_600_000;
  await eventually(async () => Date.now() % HOUR_MS < HOUR_MS - 20_000, 'an hour that does not end meanwhile', 25_000);
}
