import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../environment';

/** A block of commands of a document. */
export interface ShellBlock {
  lines: string[];
  /** The comment above it: `<!-- run in the background -->`, `<!-- needs an account: … -->`, `<!-- not run: … -->`. */
  marker: string | null;
}

/** The shell blocks of a document, in order; `file` is relative to the project. */
export function shellBlocks(file: string): ShellBlock[] {
  const text = readFileSync(join(PROJECT, file), 'utf8');
  return [...text.matchAll(/(?:^ *<!-- (.*) -->\n\n)?^ *```sh\n([\s\S]*?)^ *```$/gm)].map(([, marker, block]) => ({
    marker: marker ?? null,
    lines: block!
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  }));
}

/** The documents of users: README and docs. What CONTRIBUTING shows, CI runs. */
export function documents(): string[] {
  const pages = readdirSync(join(PROJECT, 'docs'), { recursive: true, encoding: 'utf8' });
  return ['README.md', ...pages.filter((page) => page.endsWith('.md')).map((page) => `docs/${page}`)];
}
