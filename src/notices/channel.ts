import { noticeOf } from './notice';
import type { Notifier } from './sendNotice';
import { postNotice } from './webhook';

/** The webhook URL of each sync in the current config, null where it has none. Syncs that cannot be read are absent. */
type WebhookReader = () => ReadonlyMap<string, string | null>;

/**
 * Posts notifications to each sync's webhook. While the config cannot be read, which itself causes a notification, the last URL
 * that was read is used. This process keeps it in memory only.
 */
export function webhookNotifier(read: WebhookReader): Notifier {
  const lastKnown = new Map(read());
  return (sync) => {
    for (const [name, url] of read()) lastKnown.set(name, url);
    const url = lastKnown.get(sync) ?? null;
    return url === null ? null : (facts) => postNotice(url, noticeOf(facts));
  };
}
