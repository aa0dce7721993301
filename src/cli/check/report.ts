import { typed } from '../../invocation';
import { BRAZE_TYPES } from '../shared/brazeNames';
import type { Finding } from '../shared/finding';
import { EXIT, type ExitCode } from '../shared/problem';
import { statusLine, plural } from '../shared/screen';
import type { OutgoingAttribute } from './sync';

/** All that `check` found out. */
export interface CheckReport {
  findings: Finding[];
  create: OutgoingAttribute[];
  /** Names of the config's syncs; none when it cannot be read. */
  syncs: string[];
}

/** `usage` where the config has to be changed, `failed` where something else is wrong. */
export function exitCodeOf({ findings }: CheckReport): ExitCode {
  const errors = findings.filter(({ level }) => level === 'error');
  if (errors.length === 0) return EXIT.ok;
  return errors.some(({ fixIn }) => fixIn === 'config') ? EXIT.usage : EXIT.failed;
}

/** The report as `check --json` prints it. */
export function reportJson({ findings, create }: CheckReport): unknown {
  return {
    findings: findings.map(({ level, about, message, line }) => ({ level, about, message, line })),
    createInBraze: create.map(({ workspace, attribute, type }) => ({ workspace, attribute, type: BRAZE_TYPES[type] })),
  };
}

/** The report as a screen; `file` is the config file, for the command to type next. */
export function reportLines({ findings, create, syncs }: CheckReport, file: string): string[] {
  return [
    ...findings.map(({ level, about, message }) => statusLine(level, about, message)),
    ...createLines(create),
    closingLine(findings, file, typed(`preview ${syncs[0]}`)),
  ];
}

function createLines(create: readonly OutgoingAttribute[]): string[] {
  const workspaces = [...new Set(create.map(({ workspace }) => workspace))];
  return workspaces.map((workspace) => {
    const attributes = create
      .filter((one) => one.workspace === workspace)
      .map(({ attribute, type }) => `${attribute} ${BRAZE_TYPES[type]}`);
    return `Create in Braze first${workspaces.length > 1 ? ` (${workspace})` : ''}: ${attributes.join(' · ')}`;
  });
}

function closingLine(findings: readonly Finding[], file: string, next: string): string {
  const errors = findings.filter(({ level }) => level === 'error');
  const warnings = findings.filter(({ level }) => level === 'warn');
  const warned = warnings.length === 0 ? '' : `, ${plural(warnings.length, 'warning')}`;
  if (errors.length === 0) return `No errors${warned}. next: ${next}`;
  const lines = [...new Set(errors.flatMap(({ line }) => line ?? []))].toSorted((a, b) => a - b);
  const where =
    lines.length === 0
      ? 'the problems above'
      : lines.length === 1
        ? `${file}:${lines[0]}`
        : `${file}, lines ${lines.join(', ')}`;
  return `${plural(errors.length, 'error')}${warned}. Fix ${where}, then run check again.`;
}
