import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import { initialState } from '../../src/workflows/initialState';
import { WORKFLOW_TYPE } from '../../src/types/workflow';
import { createEnvironment, fillStore, type TestEnvironment } from '../environment';

/*
 * What a person can type as the input of a workflow: every field that is not meant ends the run at once, before anything is opened.
 */

let world: TestEnvironment;
beforeAll(async () => {
  world = await createEnvironment();
  await fillStore(world, 200);
  await world.startWorker();
  await world.run();
});
afterAll(() => world.close());

/** Starts a workflow as the Web UI does, with any arguments; returns the message of its failure. */
async function failureOf(args: unknown[]): Promise<{ message: string; tookMs: number }> {
  const startedAtMs = Date.now();
  const run = await world.temporal.client.workflow.start(WORKFLOW_TYPE, {
    workflowId: `typed ${randomUUID()}`,
    taskQueue: world.temporal.taskQueue,
    args,
    workflowExecutionTimeout: '30s',
  });
  const failure: unknown = await run.result().then(
    () => null,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(WorkflowFailedError);
  const { cause } = failure as WorkflowFailedError;
  return { message: ((cause?.cause ?? cause) as Error).message, tookMs: Date.now() - startedAtMs };
}

const counts = async () => {
  const { rows } = await world.ledger.raw(`select (select count(*) from peak_braze.runs)::int as runs,
    (select count(*) from peak_braze.outbox)::int as outbox`);
  return { ...rows[0], requests: world.braze.requests.length };
};

const FORGED = {
  ...initialState(),
  run: 1,
  step: 'deliver',
  changed: 200,
  chunks: 1,
  approvedGuards: ['maxChangedShare'],
};

test.each([
  ['nothing', [], 'must be one JSON object'],
  ['null', [null], 'must be one JSON object'],
  ['a text', ['churn'], 'must be one JSON object'],
  ['no sync', [{}], 'sync must be the name of a sync'],
  ['a list as the sync', [{ sync: ['churn'] }], 'sync must be the name of a sync'],
  ['carried', [{ sync: 'churn', carried: FORGED }], 'unknown field carried'],
  [
    'the words of the command line',
    [{ sync: 'churn', mode: 'backfill', resend: true, customer: ['c000001'] }],
    'unknown field customer',
  ],
  ['another case', [{ sync: 'churn', Mode: 'full' }], 'unknown field Mode. Did you mean mode?'],
  ['null for a field', [{ sync: 'churn', modelRun: null }], 'modelRun must be one of'],
  [
    'a word for a boolean',
    [{ sync: 'churn', mode: 'backfill', everything: true, resend: 'no' }],
    'resend must be true or false',
  ],
  ['a backfill with only resend', [{ sync: 'churn', mode: 'backfill', resend: true }], 'exactly one of'],
  [
    'a part as another field',
    [{ sync: 'churn', mode: 'backfill', part: { since: '2026-11-01' } }],
    'unknown field part',
  ],
])('%s ends the run at once, and opens nothing', async (_, args, sentence) => {
  const before = await counts();
  const { message, tookMs } = await failureOf(args);
  expect(message).toContain('This run cannot start');
  expect(message).toContain(sentence);
  expect(tookMs).toBeLessThan(10_000);
  expect(await counts()).toEqual(before);
});

test('everything is what a backfill of the whole table names', async () => {
  expect(await world.run({ mode: 'backfill', everything: true })).toMatchObject({
    state: 'completed',
    candidates: 200,
  });
});
