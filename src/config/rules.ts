import { attributeFindings } from './attributeRules';
import type { ConfigFinding } from './findings';
import { mappingAt } from './path';
import { syncFindings } from './syncRules';

const NAME = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Rules that the schema cannot express: keys that depend on one another. They read the tree as written, so that they are
 * reported even while something else is wrong. A value of the wrong kind is skipped, because it already has a finding.
 */
export function ruleFindings(tree: unknown): ConfigFinding[] {
  const syncs = Object.keys(mappingAt(tree, ['syncs']));
  return [
    ...['workspaces', 'sources', 'syncs'].flatMap((section) => nameFindings(tree, section)),
    ...syncs.flatMap((sync) => [
      ...syncFindings(tree, sync),
      ...attributeFindings(tree, ['syncs', sync, 'attributes']),
    ]),
  ];
}

/** These names go into workflow ids, log fields and commands that people type. */
function nameFindings(tree: unknown, section: string): ConfigFinding[] {
  const wrong = Object.keys(mappingAt(tree, [section])).filter((name) => !NAME.test(name));
  return wrong.map((name) => {
    const found = 'a name with other characters, or a longer one';
    return {
      path: [section, name],
      found,
      expected: 'a name of 1 to 64 letters, digits, dots, hyphens or underscores',
      key: 'shown',
    };
  });
}
