import { noticeOf } from '../../src/notices/notice';
import { postNotice } from '../../src/notices/webhook';
import { startReceiver, type Receiver } from './receiver';

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.close());

const NOTICE = noticeOf({
  sync: 'churn',
  run: 1,
  workflowId: 'peak-braze/churn/run-1',
  mode: 'changes',
  state: 'incomplete',
  since: '2026-11-23T05:02:07.123Z',
  because: null,
  hold: null,
  holdCause: null,
  counts: { changed: 1, accepted: 0, rejected: 0 },
});
const QUICK = { giveUpAfterMs: 300, pausesMs: [10, 10] };

test('a notice that is taken arrives once, as it was made', async () => {
  expect(await postNotice(receiver.url, NOTICE, QUICK)).toBeNull();
  expect(receiver.received).toEqual([NOTICE]);
});

test.each<[number | 'hang', string, number]>([
  [500, 'HTTP 500', 3],
  [429, 'HTTP 429', 3],
  ['hang', 'timeout', 3],
  // What was taken back, or leads elsewhere, is not tried again, and nothing is sent to the other place.
  [404, 'HTTP 404', 1],
  [302, 'HTTP 302', 1],
])('an answer of %s gives %j after %i tries', async (answer, code, tries) => {
  receiver.answer = answer;
  expect(await postNotice(receiver.url, NOTICE, QUICK)).toBe(code);
  expect(receiver.tries).toBe(tries);
});

test('a webhook that recovers within the attempts gets the notification', async () => {
  receiver.answer = 503;
  const posting = postNotice(receiver.url, NOTICE, { giveUpAfterMs: 300, pausesMs: [300] });
  while (receiver.tries === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  receiver.answer = 200;
  expect(await posting).toBeNull();
  expect(receiver.received).toHaveLength(1);
});

test('nobody there: a short code, and never the address', async () => {
  const { url } = receiver;
  await receiver.close();
  expect(await postNotice(url, NOTICE, QUICK)).toBe('ECONNREFUSED');
  receiver = await startReceiver();
  expect(await postNotice('https://no.such.host.invalid/T0SECRET', NOTICE, QUICK)).toMatch(/^[A-Z_ ]+$/i);
});
