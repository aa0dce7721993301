import * as fc from 'fast-check';
import { isoTime } from '../../src/types/isoTime';
import { ledgerAlone, type LedgerAlone } from './database';

let alone: LedgerAlone;
beforeAll(async () => {
  alone = await ledgerAlone();
});
afterAll(() => alone.close());

/** ISO 8601 by Postgres itself; `ts` is a timestamp in UTC. Postgres has no year 0: 1 BC is its year -1. */
const ISO_OF = (ts: string) => `
  (select case when y between 0 and 9999 then lpad(y::text, 4, '0')
               else (case when y < 0 then '-' else '+' end) || lpad(abs(y)::text, 6, '0') end
     from (select case when extract(year from ${ts}) < 0 then extract(year from ${ts})::int + 1 else extract(year from ${ts})::int end as y) of)
  || rtrim(rtrim(to_char(${ts}, '-MM-DD"T"HH24:MI:SS.US'), '0'), '.')`;

/** Zones with whole, half and quarter hours, and with offsets of seconds before there were standard times. */
const ZONES = [
  ...['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'America/St_Johns', 'Asia/Kathmandu'],
  ...['Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Africa/Monrovia', 'Europe/Dublin', 'Australia/Lord_Howe'],
];

/** A day off the first and the last of Postgres, which not every zone can show; the borders of ISO 8601's years among them. */
const FIRST_DAY = -2_451_543;
const LAST_DAY = 106_751_981;
const day = fc.oneof(
  fc.integer({ min: FIRST_DAY, max: LAST_DAY }),
  fc.integer({ min: -730_500, max: -730_100 }),
  fc.integer({ min: 2_921_500, max: 2_921_950 }),
  fc.integer({ min: -40_000, max: 40_000 }),
);
const microseconds = fc.oneof(
  fc.integer({ min: 0, max: 86_399_999_999 }),
  fc.integer({ min: 0, max: 86_399 }).map((seconds) => seconds * 1_000_000),
  fc.constantFrom(0, 1, 86_399_999_999),
);

type Row = Record<'text' | 'zoneless' | 'date' | 'iso', string>;

test('isoTime is what Postgres says, in every zone, to the microsecond', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...ZONES),
      fc.array(fc.record({ day, microseconds }), { minLength: 500, maxLength: 500 }),
      async (zone, instants) => {
        await alone.ledger.transaction(async (trx) => {
          await trx.raw(`select set_config('TimeZone', ?, true)`, [zone]);
          const { rows } = await trx.raw(
            `select at::text as text, ts::text as zoneless, ts::date::text as date, ${ISO_OF('ts')} as iso
               from unnest(?::int[], ?::bigint[]) as i(day, us),
                    lateral (select timestamp '2000-01-01' + make_interval(days => i.day) + i.us * interval '1 microsecond' as ts) t,
                    lateral (select ts at time zone 'UTC' as at) z`,
            [instants.map((one) => one.day), instants.map((one) => one.microseconds)],
          );
          const seen = rows.flatMap(({ text, zoneless, date }: Row) =>
            [text, zoneless, date].map((one) => [one, isoTime(one)]),
          );
          const wanted = rows.flatMap(({ text, zoneless, date, iso }: Row) => [
            [text, `${iso}Z`],
            [zoneless, iso],
            [date, iso.slice(0, iso.indexOf('T'))],
          ]);
          expect(seen).toEqual(wanted);
        });
      },
    ),
    { numRuns: 40 },
  );
});

test('both infinities are the words of Postgres', async () => {
  const { rows } = await alone.ledger.raw(
    `select 'infinity'::timestamptz::text as later, '-infinity'::timestamp::text as earlier`,
  );
  expect([isoTime(rows[0].later), isoTime(rows[0].earlier)]).toEqual(['infinity', '-infinity']);
});
