import type { SecretOrigin } from '../types/secret';
import { type Path, pathKey } from './path';
import type { Variables } from './variables';

/** What a scalar with variables became. */
export interface Interpolation {
  /** `the value of ${TENANT_URL}`: what is shown in place of the value. */
  shown: string[];
  from: SecretOrigin;
  /** `empty`: as if its line were not there, on purpose (`${NAME:-}`). `malformed`: no variable at all, set or not. */
  state: 'filled' | 'empty' | 'missing' | 'malformed';
  failures: VariableFailure[];
}

interface VariableFailure {
  state: 'missing' | 'malformed';
  found: string;
  expected: string;
  message: string;
}

/** The tree of a config file with the values of its variables. */
export interface Interpolated {
  tree: unknown;
  /** By `pathKey`, only scalars that hold a variable. */
  scalars: ReadonlyMap<string, { path: Path } & Interpolation>;
}

/** Replaces `${NAME}`, `${NAME:-default}` and `${file:PATH}` in every scalar; a scalar left without a value becomes `undefined`. */
export function interpolate(tree: unknown, variables: Variables): Interpolated {
  const scalars = new Map<string, { path: Path } & Interpolation>();
  const visit = (value: unknown, path: Path): unknown => {
    if (Array.isArray(value)) return value.map((item, index) => visit(item, [...path, String(index)]));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, visit(inner, [...path, key])]));
    }
    if (typeof value !== 'string' || !value.includes('${')) return value;
    const { text, interpolation } = interpolateScalar(value, variables);
    scalars.set(pathKey(path), { path, ...interpolation });
    return interpolation.state === 'filled' ? text : undefined;
  };
  return { tree: visit(tree, []), scalars };
}

function interpolateScalar(scalar: string, variables: Variables): { text: string; interpolation: Interpolation } {
  const interpolation: Interpolation = { shown: [], from: 'config', state: 'filled', failures: [] };
  const text = scalar.replace(/\$\{([^}]*)(\}?)/g, (_whole, body: string, end: string) => {
    const reference = end === '' ? malformed('a ${ without its }') : readReference(body, variables);
    if ('failure' in reference) {
      interpolation.failures.push(reference.failure);
      return '';
    }
    interpolation.shown.push(reference.shown);
    interpolation.from = strongerOrigin(interpolation.from, reference.from);
    return reference.value;
  });
  const isAlone = /^\$\{[^}]*\}$/.test(scalar);
  if (text === '' && isAlone && interpolation.failures.length === 0) {
    if (scalar.includes(':-')) interpolation.state = 'empty';
    else interpolation.failures.push(emptyFailure(interpolation.shown[0]!));
  }
  if (interpolation.failures.some(({ state }) => state === 'malformed')) interpolation.state = 'malformed';
  else if (interpolation.failures.length > 0) interpolation.state = 'missing';
  return { text, interpolation };
}

/** Never treated as a default: an empty LEDGER_URL must not start a new ledger that knows nothing of what was sent. */
function emptyFailure(shown: string): VariableFailure {
  const message = `${shown} is empty. Set it, or remove this line.`;
  return { state: 'missing', found: `${shown}, which is empty`, expected: 'a value', message };
}

type Reference = { value: string; from: SecretOrigin; shown: string } | { failure: VariableFailure };

function readReference(body: string, variables: Variables): Reference {
  if (body.includes('${')) return malformed('a variable inside another');
  const file = /^file:(.+)$/s.exec(body)?.[1];
  if (file !== undefined) return readFileReference(file, variables);
  const match = /^([A-Za-z_]\w*)(?::-(.*))?$/s.exec(body);
  if (match === null) return malformed('a ${…} that is not a variable');
  const [, name = '', fallback] = match;
  const found = variables.variable(name);
  if (fallback !== undefined && (found === undefined || found.value === '')) {
    return { value: fallback, from: 'config', shown: `the default of \${${name}}` };
  }
  if (found !== undefined) return { ...found, shown: `the value of \${${name}}` };
  return {
    failure: {
      state: 'missing',
      found: `the variable ${name}, not set`,
      expected: 'a value for it',
      message: `the variable ${name} is not set. Set it in the environment or in .env beside this file.`,
    },
  };
}

function readFileReference(path: string, variables: Variables): Reference {
  const file = variables.file(path);
  if ('value' in file) return { value: file.value, from: 'file', shown: `the text of the file ${path}` };
  return {
    failure: {
      state: 'missing',
      found: `the file ${path}, which ${file.failure}`,
      expected: 'a file to read',
      message: `the file ${path} ${file.failure}. Its path is relative to the folder of the config.`,
    },
  };
}

/** The text between the braces is not repeated: it may be a default, and so a secret. */
function malformed(found: string): Reference {
  const expected = '${NAME}, ${NAME:-default} or ${file:PATH}';
  return { failure: { state: 'malformed', found, expected, message: `found ${found}, expected ${expected}.` } };
}

/** A value of several parts is as hard to change as its hardest part: only a restart brings a new environment. */
function strongerOrigin(a: SecretOrigin, b: SecretOrigin): SecretOrigin {
  const order: SecretOrigin[] = ['config', 'file', 'dotenv', 'environment'];
  return order.indexOf(a) > order.indexOf(b) ? a : b;
}
