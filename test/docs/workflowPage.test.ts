import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listRuns } from '../../src/ledger/runs';
import { findTemporalBinary } from '../../src/local/temporalBinary';
import { scheduleId, syncOfWorkflow, workflowId } from '../../src/temporal/ids';
import { PROGRESS_QUERY } from '../../src/types/messages';
import { SEARCH_ATTRIBUTES } from '../../src/types/searchAttributes';
import { DEFAULT_TASK_QUEUE, WORKFLOW_TYPE } from '../../src/types/workflow';
import { createEnvironment, eventually, fillStore, PROJECT, type TestEnvironment } from '../environment';
import { DocumentShell } from './shell';
import { shellBlocks } from './shellBlocks';

/*
 * docs/workflow.md: the names it gives are those of the program, and its commands work, word for word.
 */

jest.setTimeout(120_000);

const PAGE = readFileSync(join(PROJECT, 'docs/workflow.md'), 'utf8');

test('the names are those of the program', () => {
  for (const name of [
    WORKFLOW_TYPE,
    DEFAULT_TASK_QUEUE,
    PROGRESS_QUERY,
    scheduleId('<sync>'),
    workflowId('<sync>', 'run', new Date(0)).replace(/-1970.*/, '-<time>'),
    workflowId('<sync>', 'backfill', new Date(0)).replace(/-1970.*/, '-<time>'),
    ...Object.values(SEARCH_ATTRIBUTES),
  ]) {
    expect(PAGE).toContain(`\`${name}\``);
  }
});

let world: TestEnvironment | undefined;
let shell: DocumentShell | undefined;
afterEach(async () => {
  await shell?.close();
  await world?.close();
});

test('its commands start, pause, resume, announce, find, approve and read a run', async () => {
  const id = /--workflow-id (\S+)/.exec(PAGE)![1]!;
  expect(syncOfWorkflow(id)).toBe('churn');
  const environment = await createEnvironment({
    sync: { modelRun: { signal: true, timeout: '6h' }, guards: { maxCustomers: 100 } },
  });
  world = environment;
  await environment.startWorker();
  await fillStore(environment, 150);
  const opened = new DocumentShell(
    environment.dir,
    { TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS! },
    await findTemporalBinary({ note: () => undefined }),
  );
  shell = opened;
  const state = async () => (await listRuns(environment.ledger, 'churn', 1))[0]?.state;
  const steps: Record<string, () => Promise<unknown>> = {
    '# the run is held by a guard': () => eventually(async () => (await state()) === 'held', 'the run to be held'),
  };
  for (const line of shellBlocks('docs/workflow.md').flatMap(({ lines }) => lines)) {
    if (line.startsWith('# ')) {
      await steps[line]!();
      continue;
    }
    const { code, output } = await opened.run(
      line.replace(`--task-queue ${DEFAULT_TASK_QUEUE}`, `--task-queue ${environment.temporal.taskQueue}`),
    );
    expect({ line, code, output }).toMatchObject({ code: 0 });
    // A run that no worker has begun yet has no state to wait in.
    if (line.includes(' start '))
      await eventually(async () => (await state()) === 'waiting-for-model-run', 'the run to wait');
  }
  expect(await listRuns(environment.ledger, 'churn', 1)).toMatchObject([
    { state: 'completed', modelRun: 'm42', accepted: 150 },
  ]);
});
