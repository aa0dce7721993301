import fc from 'fast-check';
import type { FaultKind } from '../../emulators/braze/faults';
import { expectedProfiles, fillStore } from '../environment';
import { createHarness, type ActivityHarness } from './harness';

/*
 * Whatever Braze does: every customer ends acknowledged or rejected, counted exactly once. `hang` is left out, because a
 * time-out takes ten seconds; client.test.ts has it.
 */

const CHUNK = 150;
const KINDS: readonly FaultKind[] = [
  ...(['429', '500', '503', '504', 'html-502', 'empty-503', 'reset', 'reset-after-apply', 'truncated'] as const),
  ...(['queued-202', 'empty-201', 'errors-null', 'errors-strings'] as const),
];

let stage: ActivityHarness;
beforeAll(async () => {
  stage = await createHarness({
    sync: { delivery: { settle: '0s', chunkCustomers: CHUNK, lanes: 2 }, guards: { maxRejectedShare: 1 } },
  });
});
afterAll(() => stage.close());
afterEach(() => void jest.restoreAllMocks());

const script = fc.record({
  customers: fc.integer({ min: 1, max: 400 }),
  /** What happens to the first requests, in order. */
  first: fc.array(fc.tuple(fc.constantFrom(...KINDS), fc.integer({ min: 1, max: 4 })), { maxLength: 6 }),
  /** What happens to some of all the others. */
  often: fc.uniqueArray(fc.constantFrom(...KINDS), { maxLength: 4 }),
  share: fc.constantFrom(0, 0.05, 0.2),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  poisoned: fc.uniqueArray(fc.integer({ min: 1, max: 400 }), { maxLength: 5 }),
  refusedWhole: fc.uniqueArray(fc.integer({ min: 1, max: 400 }), { maxLength: 3 }),
  /** Stopped after so many ms, and taken up again. */
  stops: fc.array(fc.integer({ min: 0, max: 150 }), { maxLength: 3 }),
});

const idOf = (n: number) => `c${String(n).padStart(6, '0')}`;

async function begin(): Promise<void> {
  await stage.world.tenant.raw('truncate predictive_attributes');
  await stage.ledger.raw('truncate acknowledged, uncertain, rejections');
  stage.world.braze.clear();
}

test('for any script of faults every customer ends acknowledged or rejected, and is counted exactly once', async () => {
  // Backoffs are drawn; drawn short they are the same backoffs, and the script is over sooner.
  jest.spyOn(Math, 'random').mockReturnValue(0.001);
  await fc.assert(
    fc.asyncProperty(script, async ({ customers, first, often, share, seed, poisoned, refusedWhole, stops }) => {
      await begin();
      await fillStore(stage.world, customers);
      const { braze } = stage.world;
      for (const [kind, count] of first) braze.failNext(count, kind, { retryAfterSeconds: 0 });
      braze.setFaultShares({ ...Object.fromEntries(often.map((kind) => [kind, share])), seed, retryAfterSeconds: 0 });
      braze.poison(poisoned.map(idOf));
      braze.refuseWhole(refusedWhole.map(idOf));

      const run = await stage.extracted();
      for (let chunk = 0; chunk * CHUNK < customers; chunk += 1) {
        for (const afterMs of stops) {
          const attempt = stage.beginPost(run, chunk);
          setTimeout(() => attempt.stop(), afterMs);
          await attempt.result;
        }
        for (let done = false; !done;) ({ done } = await stage.post(run, chunk));
      }
      await stage.call('closeRun', { run, end: 'completed' });

      const { rows } = await stage.ledger.raw(
        `select (select accepted from runs where number = :run) as accepted, (select rejected from runs where number = :run) as rejected,
                (select coalesce(sum(to_seq - from_seq + 1), 0)::int from receipts where run = :run) as settled,
                array(select customer from acknowledged order by 1) as acknowledged,
                array(select customer from rejections where open order by 1) as refused`,
        { run },
      );
      const [{ accepted, rejected, settled, acknowledged, refused }] = rows;
      expect(settled).toBe(customers);
      expect(accepted + rejected).toBe(customers);
      expect([acknowledged.length, refused.length]).toEqual([accepted, rejected]);
      expect(new Set([...acknowledged, ...refused])).toEqual(
        new Set(Array.from({ length: customers }, (_, n) => idOf(n + 1))),
      );
      // Every customer that Braze never accepts is rejected, whatever else happened, and no other, except for its vaguest answer.
      const barred = new Set([...poisoned, ...refusedWhole].filter((n) => n <= customers).map(idOf));
      const happened = (kind: FaultKind) => often.includes(kind) || first.some(([one]) => one === kind);
      // A 202 accepts every customer, and reports none that Braze will drop later.
      const isReported = !happened('queued-202');
      if (isReported) for (const id of barred) expect(refused).toContain(id);
      for (const id of refused) if (!happened('errors-strings')) expect(barred).toContain(id);
      const expected = await expectedProfiles(stage.world);
      for (const id of acknowledged) if (!barred.has(id)) expect(braze.profile(id)).toEqual(expected.get(id));
    }),
    // As many as fit into a minute on a busy machine.
    { numRuns: 25, interruptAfterTimeLimit: 60_000, endOnFailure: true },
  );
}, 180_000);
