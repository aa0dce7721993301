import { randomUUID } from 'node:crypto';
import type { BrazeClient } from './client';
import { renderObject } from './object';
import type { Misconfigured, RateLimited, Transient } from './response';

export type KeyCheck = { kind: 'ok' } | Misconfigured | RateLimited | Transient;

/**
 * Proves host, key and permission without a side effect: removes one attribute from a customer who cannot exist, under
 * update-only, so Braze creates nothing and charges nothing (there is no endpoint that only identifies the key). Use
 * an attribute that exists or is about to: whether a new name would be registered is not documented.
 */
export async function probeKey(client: Pick<BrazeClient, 'track'>, attribute: string): Promise<KeyCheck> {
  const object = renderObject({
    identifier: { kind: 'external_id' },
    customerId: `peak-braze-check-${randomUUID()}`,
    updateExistingOnly: true,
    values: { [attribute]: null },
  });
  const answer = await client.track([object]);
  switch (answer.kind) {
    case 'answered':
      return { kind: 'ok' };
    case 'refused':
    case 'too-large':
      return {
        kind: 'configuration',
        problem: 'unexpected-answer',
        message: 'Braze refused a harmless test object: check that restEndpoint is a REST endpoint of Braze',
      };
    default:
      return answer;
  }
}
