import { readFileSync } from 'node:fs';
import type { Path } from '../../config/path';
import { readYamlText } from '../../config/yamlText';

/** Gives the line of a key in the config file, counted from 1. */
export type LineFinder = (path: Path) => number;

/** Finds the line of a key; of what encloses it where a default stands. Reads the file once. */
export function lineFinder(file: string): LineFinder {
  const yaml = readYamlText(readFileSync(file, 'utf8'));
  return (path) => yaml.keyPosition(path).line;
}
