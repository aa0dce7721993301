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
      'churn, run 12 is HELD since 2026-11-23 05:02 UTC (hold 2). 31.0 % of customers would change, limit 20 %. Nothing was sent. ' +
      'Nothing is lost. 12,345 changed, 0 accepted, 0 rejected. Look: `peak-braze status churn`. ' +
      'To send: `peak-braze approve churn`. To end it: `peak-braze discard churn`',
    sync: 'churn',
    run: 12,
    state: 'held',
    since: '2026-11-23T05:02:07.123Z',
    because: '31.0 % of customers would change, limit 20 %. Nothing was sent.',
    hold: 2,
    command: 'peak-braze approve churn',
    counts: { changed: 12_345, accepted: 0, rejected: 0 },
    workflowId: 'peak-braze/churn-2026-11-23T05:00:00Z',
  });
});

const ENDED = { because: null, hold: null, holdCause: null };

test.each<[Partial<NoticeFacts>, string, string | undefined]>([
  [{ holdCause: 'refused-key' }, 'When it is mended: `peak-braze retry churn`', 'peak-braze retry churn'],
  [{ holdCause: 'unseen-key' }, 'To send: `peak-braze approve churn`', 'peak-braze approve churn'],
  [{ ...ENDED, state: 'delivering' }, 'churn, run 12 goes on: delivering.', undefined],
  [{ ...ENDED, state: 'completed' }, 'all is well again', undefined],
  [{ ...ENDED, state: 'completed-with-rejections' }, 'with rejections', 'peak-braze rejected churn'],
  [{ ...ENDED, state: 'no-new-model-run' }, 'no new model run came in time', 'peak-braze run churn --wait'],
  [{ ...ENDED, state: 'incomplete' }, 'the next run finds what is left', 'peak-braze run churn'],
  [{ ...ENDED, state: 'incomplete', mode: 'backfill' }, 'ended incomplete', 'peak-braze status churn'],
])('%j is told as %j', (change, words, command) => {
  const notice = noticeOf({ ...FACTS, ...change });
  expect(notice.text).toContain(words);
  expect(notice.command).toBe(command);
});

test('what Slack would read as a link or a mention is text', () => {
  const notice = noticeOf({ ...FACTS, because: 'a < b & <!channel>' });
  expect(notice.text).toContain('a &lt; b &amp; &lt;!channel&gt;');
  expect(notice.because).toBe('a < b & <!channel>');
});
