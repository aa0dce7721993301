import { noticeOf } from './notice';
import type { Notifier } from './sendNotice';
import { postNotice } from './webhook';

/** The address of each sync's webhook as the config says now, null where it has none; syncs that cannot be read are absent. */
type WebhookReader = () => ReadonlyMap<string, string | null>;

/**
 * Tells the people of a sync by its webhook. A file that cannot be read now is one of the things to tell: then the address that
 * was read last counts. It is kept in this process only.
 */
export function webhookNotifier(read: WebhookReader): Notifier {
  const lastKnown = new Map(read());
  return (sync) => {
    for (const [name, url] of read()) lastKnown.set(name, url);
    const url = lastKnown.get(sync) ?? null;
    return url === null ? null : (facts) => postNotice(url, noticeOf(facts));
  };
}
