import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { peakBraze } from '../commandLine';
import { createEnvironment, PROJECT, type TestEnvironment } from '../environment';

const CONTRACT = join(PROJECT, '../shared/contract');
const present = existsSync(CONTRACT);
if (!present) process.stderr.write('skipped: the contract files work verbatim (../shared/contract is not here)\n');

let world: TestEnvironment;
afterEach(() => world.close());

(present ? test : test.skip)(
  'the contract’s config works verbatim against the contract’s tenant: check, preview, run, next model run',
  async () => {
    world = await createEnvironment();
    await world.tenant.raw('drop table predictive_attributes; drop table model_runs');
    await world.tenant.raw(readFileSync(join(CONTRACT, 'tenant.sql'), 'utf8'));
    await world.tenant.raw(`
      insert into model_runs values ('m1', 'churn', 'completed', now() - interval '1 minute', now());
      insert into predictive_attributes (customer_id, churn_probability, predicted_value, next_best_product, expected_purchases, scored_at, updated_at)
      select 'c' || n, n / 250.0, n * 10.55, 'product ' || n % 3, n / 7.0, now(), now() from generate_series(0, 249) n`);
    const { taskQueue } = world.temporal;
    Object.assign(world.env, {
      TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS!,
      TEMPORAL_TASK_QUEUE: taskQueue,
      BRAZE_REST_ENDPOINT: world.braze.url,
    });
    world.configPath = join(CONTRACT, 'peak-braze.yaml');
    const worker = await world.spawnWorkerFor(world.configPath);

    const check = await peakBraze(world, 'check');
    expect({ code: check.code, errors: check.stdout.match(/^error.*/gm) }).toEqual({ code: 0, errors: null });
    expect(check.stdout).toContain('Create in Braze first:');
    const preview = await peakBraze(world, 'preview', 'churn', '--json');
    expect(JSON.parse(preview.stdout)).toMatchObject({ wouldSend: { customers: 250, requests: 4 } });

    const run = await peakBraze(world, 'run', 'churn', '--json');
    expect(run.code).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({
      state: 'completed',
      modelRun: 'm1',
      candidates: 250,
      accepted: 250,
      rejected: 0,
    });
    expect(world.braze.profile('c125')).toEqual({
      churn_probability: 0.5,
      churn_risk: 'medium',
      predicted_value: 1319,
      next_best_product: 'product 2',
      churn_scored_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });

    await world.tenant.raw(`insert into model_runs values ('m2', 'churn', 'completed', now(), clock_timestamp());
      update predictive_attributes set churn_probability = 0.9, scored_at = now(), updated_at = now() where customer_id = 'c125';
      update predictive_attributes set scored_at = now(), updated_at = now() where customer_id = 'c1'`);
    const next = await peakBraze(world, 'run', 'churn', '--wait', '--json');
    // The time of scoring travels with the change of c125, and alone, for c1, not at all.
    expect(JSON.parse(next.stdout)).toMatchObject({ modelRun: 'm2', changed: 1, accepted: 1, valuesSent: 3 });
    expect(worker.exitCode).toBeNull();
  },
  120_000,
);
