import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dayOf, readTransactions } from '../demo/transactions';
import { type Campaign, SEND_WHEN_CONFIG, sendWhenCampaign } from './sendWhen';

/** The CDNOW log ends 39 weeks after this day. */
const FIRST_DAY = '1997-09-30';

/** Customers for each of 39 weekly runs, as measured when the rules were chosen (facts of the project, 3.3). */
const PUBLISHED: Record<string, number> = {
  raw: 23_570,
  four_decimals: 23_532,
  three_decimals: 19_836,
  two_decimals: 6_673,
  moved: 1_275,
  bands: 365,
  steady_bands: 261,
};
const PUBLISHED_EITHER = 1_325;

/**
 * Prints what each definition of "changed" sends, with the real log of 23,570 customers. Takes one to two minutes.
 *
 *   npm run campaign:send-when -- CDNOW_master.txt [--weeks 39]
 */
async function main(): Promise<void> {
  const [file, flag, weeks = '39'] = process.argv.slice(2);
  if (file === undefined || (flag !== undefined && flag !== '--weeks')) {
    throw new Error('Missing log file. Usage: npm run campaign:send-when -- CDNOW_master.txt [--weeks 39]');
  }
  const dir = await mkdtemp(join(tmpdir(), 'peak-braze-send-when-'));
  try {
    const configPath = join(dir, 'peak-braze.yaml');
    await writeFile(configPath, SEND_WHEN_CONFIG);
    const log = await readTransactions(file);
    print(sendWhenCampaign(log, { firstDay: dayOf(FIRST_DAY), weeks: Number(weeks), configPath }));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function print({ customers, weeks, sent, steadyBandsOrMoved }: Campaign): void {
  const row = (name: string, total: number, published: number | undefined) => {
    const perRun = total / weeks;
    const share = `${((100 * perRun) / customers).toFixed(1)} %`;
    const beside = weeks === 39 && published !== undefined ? `   published ${published}` : '';
    process.stdout.write(
      `${name.padEnd(24)} ${Math.round(perRun).toString().padStart(6)} ${share.padStart(8)}${beside}\n`,
    );
  };
  process.stdout.write(`customers sent per run, over ${weeks} weekly runs of ${customers} customers\n`);
  for (const [name, total] of Object.entries(sent)) row(name, total, PUBLISHED[name]);
  row('steady_bands or moved', steadyBandsOrMoved, PUBLISHED_EITHER);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : 'failed'}\n`);
  process.exitCode = 1;
});
