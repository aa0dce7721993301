import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { touch, type System } from './system';
import { spanOf } from './wholeRuns';

const BRAZE_LIMIT = { requests: 3_000, perSeconds: 3 };

/**
 * Measures delivery alone: every customer changes and is sent, with Braze's limit and without one, to a Braze that answers at once or
 * after 80 or 150 ms. Prints the rate, its share of the limit, the request times and the number of requests in flight.
 */
export async function measureDelivery(system: System): Promise<void> {
  for (const limit of [BRAZE_LIMIT, null]) {
    for (const latencyMs of [0, 80, 150]) {
      await system.conditions(limit, latencyMs);
      await touch(system.tenantUrl, 'churn_probability = 1 - churn_probability, predicted_value = predicted_value + 5');
      const fromMs = Date.now();
      const { workflowId, summary } = await system.run();
      const { events } = await system.client.workflow.getHandle(workflowId).fetchHistory();
      const seconds = spanOf(events ?? [], 'postChunk') / 1000;
      const perSecond = summary.requests / seconds;
      const allowed = limit === null ? null : limit.requests / limit.perSeconds;
      const share = allowed === null ? '' : ` = ${((perSecond / allowed) * 100).toFixed(1)} % of the limit`;
      console.log(
        `delivery ${limit === null ? 'without limit' : 'under 3,000 a 3 s'}, answers after ${latencyMs} ms: ` +
          `${perSecond.toFixed(0)} requests/s${share}   ${Math.round(summary.accepted / seconds).toLocaleString('en-US')} customers/s   ${seconds.toFixed(1)} s`,
      );
      console.log(`  ${await requestFigures(system.requestTimes, fromMs)}`);
    }
  }
}

async function requestFigures(file: string, fromMs: number): Promise<string> {
  // The worker writes its lines five times a second.
  await sleep(500);
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  const requests = lines.map((line) => line.split(' ').map(Number)).filter(([beganMs]) => beganMs! >= fromMs);
  const began = requests.map(([beganMs]) => beganMs!).toSorted((a, b) => a - b);
  const seconds = (began.at(-1)! - began[0]!) / 1000;
  const ms = requests.map(([, tookMs]) => tookMs!).toSorted((a, b) => a - b);
  const inFlight = requests.map(([, , underWay]) => underWay!).toSorted((a, b) => a - b);
  const at = (sorted: number[], share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return (
    `${(requests.length / seconds).toFixed(0)} requests/s from the first to the last   a request p50 ${at(ms, 0.5)?.toFixed(1)} ms, p99 ${at(ms, 0.99)?.toFixed(1)} ms   ` +
    `in flight p50 ${at(inFlight, 0.5)}, max ${inFlight.at(-1)}   ${requests.length} requests`
  );
}
