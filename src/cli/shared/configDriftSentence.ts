import type { OtherConfig } from '../../reports/configDrift';
import { when } from './screen';

/** Says of a machine that its workers go by another config file than the one at `path`. */
export function configDriftSentence({ host, changedAt }: OtherConfig, path: string): string {
  return `the worker on ${host} reads another ${path} (changed ${when(changedAt)}); runs use that one`;
}
