import { noteWhileWaiting } from '../../local/note';
import type { Finding } from '../shared/finding';
import { checkLedger } from '../shared/ledgerAccess';
import { lineFinder } from '../shared/lineFinder';
import { note } from '../shared/screen';
import { checkConfigFile } from './configFile';
import { declaredFindings, toCreate } from './declared';
import { checkPast } from './past';
import type { CheckReport } from './report';
import { checkSources } from './sources';
import type { OutgoingAttribute } from './sync';
import { checkTemporal } from './temporal';
import { checkWorkspaces } from './workspaces';

/** Checks everything a run needs, at the same time, and changes nothing. */
export async function checkAll(file: string): Promise<CheckReport> {
  const { findings, config } = checkConfigFile(file);
  if (config === null) return { findings, create: [], syncs: [] };
  const lineOf = lineFinder(file);
  return noteWhileWaiting('the ledger, Temporal, Braze and the tenant', note, async () => {
    const checking = checkLedger(config);
    const readable = checking.then(({ ledger }) => ledger);
    try {
      const [ledger, temporal, braze, sources, past] = await Promise.all([
        checking,
        checkTemporal(config, readable),
        checkWorkspaces(config, lineOf, readable),
        checkSources(config, lineOf, readable),
        checkPast(config, lineOf, readable),
      ]);
      const outgoing = sources.flatMap((source) => source.outgoing);
      const syncs = [
        ...sources.flatMap((source) => source.findings),
        ...declaredFindings(outgoing, braze.declared, lineOf),
        ...past,
      ];
      return {
        findings: distinct([...findings, ledger.finding, ...temporal, ...braze.findings, ...syncs]),
        create: distinctAttributes(toCreate(outgoing, braze.declared)),
        syncs: Object.keys(config.syncs),
      };
    } finally {
      await (await checking).close();
    }
  });
}

/** Two syncs of one table have one line about it. */
function distinct(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((one) => [`${one.about} ${one.message}`, one])).values()];
}

function distinctAttributes(create: readonly OutgoingAttribute[]): OutgoingAttribute[] {
  return [...new Map(create.map((one) => [`${one.workspace} ${one.attribute}`, one])).values()];
}
