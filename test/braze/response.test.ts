import fc from 'fast-check';
import { type Answer, readAnswer, requestIdOf } from '../../src/braze/response';

function read(status: number, body: unknown, sent = 3): Answer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return readAnswer({ status, headers: {}, body: text, sent, nowMs: 0 });
}

const success = { message: 'success' };

describe('a success', () => {
  test('needs the word and a count that adds up', () => {
    expect(read(201, { attributes_processed: 3, ...success })).toEqual({ kind: 'answered', rejected: [], unknown: [] });
  });

  test.each([null, [], undefined, ''])('may carry errors: %p', (errors) => {
    expect(read(201, { attributes_processed: 3, errors, ...success })).toMatchObject({ rejected: [], unknown: [] });
  });

  test('may leave out the count', () => {
    expect(read(201, success)).toEqual({ kind: 'answered', rejected: [], unknown: [] });
  });

  test('of a part names the others (measured answer)', () => {
    const body = {
      attributes_processed: 2,
      errors: [
        {
          index: 4,
          input_array: 'attributes',
          type: "You must specify only one of 'external_id', 'user_alias' or 'braze_id'",
        },
        {
          index: 1,
          input_array: 'attributes',
          type: "'email_subscribe' must be 'subscribed', 'unsubscribed', or 'opted_in'",
        },
        { index: 3, input_array: 'attributes', type: 'BAD_PUSH_SUBSCRIPTION_STATE' },
      ],
      ...success,
    };
    expect(read(201, body, 5)).toEqual({
      kind: 'answered',
      rejected: [
        { index: 1, message: "'email_subscribe' must be 'subscribed', 'unsubscribed', or 'opted_in'" },
        { index: 3, message: 'BAD_PUSH_SUBSCRIPTION_STATE' },
        { index: 4, message: "You must specify only one of 'external_id', 'user_alias' or 'braze_id'" },
      ],
      unknown: [],
    });
  });

  test('counts an object with two errors once', () => {
    const errors = [
      { index: 1, type: 'first' },
      { index: 1, type: 'second' },
    ];
    expect(read(201, { attributes_processed: 2, errors, ...success })).toEqual({
      kind: 'answered',
      rejected: [{ index: 1, message: 'first' }],
      unknown: [],
    });
  });

  test.each([
    ['a count too low', { attributes_processed: 2 }],
    ['a count too high', { attributes_processed: 4 }],
    ['a count that is no number', { attributes_processed: '3' }],
    ['errors as strings', { attributes_processed: 2, errors: ['minor error message'] }],
    ['errors as one string', { errors: 'minor error message' }],
    ['an error without an index', { attributes_processed: 2, errors: [{ type: 'x' }] }],
    [
      'an error about another array',
      { attributes_processed: 2, errors: [{ type: 'x', index: 1, input_array: 'events' }] },
    ],
    [
      'an index out of range',
      { attributes_processed: 2, errors: [{ type: 'x', index: 3, input_array: 'attributes' }] },
    ],
    ['a broken index', { attributes_processed: 2, errors: [{ type: 'x', index: -1 }] }],
  ])('with %s leaves nobody called synced', (_, body) => {
    expect(read(201, { ...body, ...success })).toEqual({ kind: 'answered', rejected: [], unknown: [0, 1, 2] });
  });

  test('that does not add up still names the refused', () => {
    expect(read(201, { attributes_processed: 1, errors: [{ type: 'x', index: 0 }], ...success })).toEqual({
      kind: 'answered',
      rejected: [{ index: 0, message: 'x' }],
      unknown: [1, 2],
    });
  });

  test('of one object: every error is about it', () => {
    expect(read(201, { errors: ['minor error message'], ...success }, 1)).toMatchObject({
      rejected: [{ index: 0, message: 'minor error message' }],
    });
  });

  test('may be queued by Braze in maintenance, under 202 only', () => {
    expect(read(202, { message: 'queued' })).toEqual({ kind: 'answered', rejected: [], unknown: [] });
    expect(read(201, { message: 'queued' })).toEqual({
      kind: 'transient',
      code: 'unexpected message',
      unexpected: true,
    });
  });

  test.each([
    ['', 'empty answer'],
    ['<html>OK</html>', 'not JSON'],
    ['{"attributes_processed":3,"mess', 'not JSON'],
    ['[]', 'not JSON'],
    ['null', 'not JSON'],
    ['{}', 'no message'],
    ['{"message":"Success!","attributes_processed":3}', 'unexpected message'],
  ])('is none with the body %p', (body, code) => {
    expect(read(201, body)).toEqual({ kind: 'transient', code, unexpected: true });
  });

  test("is none with a refusal's body", () => {
    const errors = [{ type: 'bad', input_array: 'attributes', index: 1 }];
    expect(read(201, { message: 'Valid data must be provided', errors })).toEqual({
      kind: 'refused',
      message: 'Valid data must be provided',
      rejected: [{ index: 1, message: 'bad' }],
    });
  });
});

describe('other statuses', () => {
  test('400 with the recorded body names its objects', () => {
    const body = {
      message: "Valid data must be provided in the 'attributes', 'events', or 'purchases' fields.",
      errors: [
        { type: "'external_id' or 'braze_id' or 'user_alias' is required", input_array: 'attributes', index: 0 },
      ],
    };
    expect(read(400, body)).toMatchObject({ kind: 'refused', rejected: [{ index: 0 }] });
  });

  test.each(['', '<html>400</html>', '{"message":""}', '{"message":7}'])(
    '400 with the body %p has our words',
    (body) => {
      expect(read(400, body)).toEqual({
        kind: 'refused',
        message: 'Braze answered 400 without a reason',
        rejected: [],
      });
    },
  );

  test.each([
    [401, 'unknown-key'],
    [403, 'no-permission'],
    [404, 'wrong-url'],
    [301, 'wrong-url'],
    [405, 'wrong-url'],
    [415, 'unexpected-answer'],
    [402, 'unexpected-answer'],
  ])('%i is a matter of configuration: %s', (status, problem) => {
    const answer = read(status, '{"message":"Invalid API key: s3cr3t"}');
    expect(answer).toMatchObject({ kind: 'configuration', problem, message: expect.stringContaining(String(status)) });
    expect(JSON.stringify(answer)).not.toContain('s3cr3t');
  });

  test.each([500, 502, 503, 504, 520, 408])('%i is worth another try, whatever the body', (status) => {
    for (const body of ['', '<html></html>', '{"message":"success","attributes_processed":3}']) {
      expect(read(status, body)).toEqual({ kind: 'transient', code: String(status) });
    }
  });

  test('413 and 429', () => {
    expect(read(413, '<html>')).toEqual({ kind: 'too-large' });
    expect(read(429, '<html>')).toEqual({ kind: 'rate-limited', afterMs: null });
    const headers = { 'x-ratelimit-retry-after': '2' };
    expect(readAnswer({ status: 429, headers, body: '', sent: 1, nowMs: 0 })).toMatchObject({ afterMs: 2000 });
  });
});

test('no body crashes the reader, and no object is counted twice', () => {
  const error = fc.oneof(
    fc.string(),
    fc.record(
      { index: fc.oneof(fc.integer({ min: -2, max: 6 }), fc.string()), type: fc.string() },
      { requiredKeys: [] },
    ),
    fc.anything(),
  );
  const body = fc.oneof(
    fc.json(),
    fc
      .record({
        message: fc.constantFrom('success', 'x', null),
        attributes_processed: fc.integer({ min: 0, max: 6 }),
        errors: fc.array(error),
      })
      .map((value) => JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v))),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(200, 201, 202, 400, 401, 429, 503),
      body,
      fc.integer({ min: 1, max: 5 }),
      (status, text, sent) => {
        const answer = read(status, text, sent);
        if (answer.kind !== 'answered') return;
        const named = [...answer.rejected.map(({ index }) => index), ...answer.unknown];
        expect(new Set(named).size).toBe(named.length);
        expect(named.every((index) => index >= 0 && index < sent)).toBe(true);
      },
    ),
  );
});

test.each([
  ['0a1b-2c', '0a1b-2c'],
  ['', null],
  ['<script>', null],
  ['x'.repeat(65), null],
])('request id %p', (id, expected) => {
  expect(requestIdOf({ 'x-request-id': id })).toBe(expected);
});
