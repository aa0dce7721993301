import { MockActivityEnvironment } from '@temporalio/testing';
import { createActivities } from '../../src/activities';
import { fillStore } from '../environment';
import { createHarness, type ActivityHarness } from './harness';

let stage: ActivityHarness;
beforeEach(async () => {
  stage = await createHarness();
});
afterEach(() => stage.close());

test('a step that is done stays done when the ledger cannot note that its wait is over', async () => {
  await fillStore(stage.world, 10);
  const run = await stage.extracted();
  await stage.ledger.raw(`
    update runs set waiting_for = 'the ledger';
    create function refuse() returns trigger language plpgsql as $$ begin raise 'away'; end $$;
    create trigger refuse before update of waiting_for on runs for each row execute function refuse()`);
  const secondAttempt = new MockActivityEnvironment({ activityType: 'judgeRun', attempt: 2 });
  const { judgeRun } = createActivities(stage.deps);
  await expect(secondAttempt.run(judgeRun, { run, approvedGuards: [] })).resolves.toEqual({ hold: null });
});
