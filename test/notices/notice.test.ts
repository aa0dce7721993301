import { noticeOf } from '../../src/notices/notice';
import type { NoticeFacts } from '../../src/types/notice';

const FACTS: NoticeFacts = {
  sync: 'churn',
  run: 12,
  workflowId: 'peak-braze/churn-2026-11-23T05:00:00Z',
  mode: 'changes',
  state: 'held',
  since: '2026-11-23T05:02:07.123Z',
  because: '31.0 % of customers would change, limit 20 %. Nothing was sent.',
  hold: 2,
  holdCause: 'guard',
  counts: { changed: 12_345, accepted: 0, rejected: 0 },
};

test('a hold by a guard says why, since when, and which command sends', () => {
  expect(noticeOf(FACTS)).toEqual({
    text:
      'churn, run 12 has been HELD since 2026-11-23 05:02 UTC (hold 2) and needs approval. 31.0 % of customers would change, limit 20 %. Nothing was sent. ' +
      'No data is lost. 12,345 changed, 0 accepted, 0 rejected. Inspect: `npx peak-braze status churn`. ' +
      'Approve: `npx peak-braze approve churn`. Discard: `npx peak-braze discard churn`',
    sync: 'churn',
    run: 12,
    state: 'held',
    since: '2026-11-23T05:02:07.123Z',
    because: '31.0 % of customers would change, limit 20 %. Nothing was sent.',
    hold: 2,
    command: 'npx peak-braze approve churn',
    counts: { changed: 12_345, accepted: 0, rejected: 0 },
    workflowId: 'peak-braze/churn-2026-11-23T05:00:00Z',
  });
});

const ENDED = { because: null, hold: null, holdCause: null };

test.each<[Partial<NoticeFacts>, string, string | undefined]>([
  [{ holdCause: 'refused-key' }, 'After the fix: `npx peak-braze retry churn`', 'npx peak-braze retry churn'],
  [{ holdCause: 'unseen-key' }, 'Approve: `npx peak-braze approve churn`', 'npx peak-braze approve churn'],
  [{ ...ENDED, state: 'delivering' }, 'churn, run 12 resumed: delivering.', undefined],
  [{ ...ENDED, state: 'completed' }, 'the sync has recovered', undefined],
  [{ ...ENDED, state: 'completed-with-rejections' }, 'with rejections', 'npx peak-braze rejected churn'],
  [
    { ...ENDED, state: 'no-new-model-run' },
    'no new model run was published in time',
    'npx peak-braze run churn --wait',
  ],
  [{ ...ENDED, state: 'incomplete' }, 'the next run finds what is left', 'npx peak-braze run churn'],
  [{ ...ENDED, state: 'incomplete', mode: 'backfill' }, 'ended incomplete', 'npx peak-braze status churn'],
])('%j is notified as %j', (change, words, command) => {
  const notice = noticeOf({ ...FACTS, ...change });
  expect(notice.text).toContain(words);
  expect(notice.command).toBe(command);
});

test('what Slack would read as a link or a mention is text', () => {
  const notice = noticeOf({ ...FACTS, because: 'a < b & <!channel>' });
  expect(notice.text).toContain('a &lt; b &amp; &lt;!channel&gt;');
  expect(notice.because).toBe('a < b & <!channel>');
});
