import type { DeclaredAttribute } from '../../braze/customAttributes';
import { BRAZE_TYPES } from '../shared/brazeNames';
import { error, warn, type Finding } from '../shared/finding';
import type { LineFinder } from '../shared/lineFinder';
import type { OutgoingAttribute } from './sync';

/** The custom attributes of each workspace that may be asked for them. */
export type Declared = ReadonlyMap<string, ReadonlyMap<string, DeclaredAttribute>>;

/** What Braze would do to values of these attributes, as it has them declared: it says so nowhere else. */
export function declaredFindings(
  outgoing: readonly OutgoingAttribute[],
  declared: Declared,
  lineOf: LineFinder,
): Finding[] {
  return outgoing.flatMap((one) => {
    const inWorkspace = declared.get(one.workspace);
    if (inWorkspace === undefined) return [];
    const line = lineOf(['syncs', one.sync, 'attributes', one.attribute]);
    const name = `attributes.${one.attribute}`;
    const atBraze = inWorkspace.get(one.attribute);
    if (atBraze === undefined) {
      const other = spelledOtherwise(one.attribute, inWorkspace);
      if (other === undefined) return [];
      const message = `${name}: Braze has ${other}, and names are case-sensitive: a run would create a second attribute. If you mean that one, write ${other}.`;
      return [warn(one.sync, message, line)];
    }
    if (atBraze.blocklisted) {
      const message = `${name}: blocklisted in Braze, which silently drops its values. Remove it from the blocklist (Data Settings > Custom Attributes), or from the config.`;
      return [error(one.sync, message, line)];
    }
    if (atBraze.type === null || atBraze.type === one.type) return [];
    const message = `${name}: its type is ${atBraze.typeName} in Braze and ${BRAZE_TYPES[one.type]} here; Braze silently drops values of another type. Change the type in Braze (Data Settings > Custom Attributes), or choose another name.`;
    return [error(one.sync, message, line)];
  });
}

function spelledOtherwise(name: string, declared: ReadonlyMap<string, DeclaredAttribute>): string | undefined {
  return [...declared.keys()].find((other) => other.toLowerCase() === name.toLowerCase());
}

/** What does not exist at Braze yet; where it may not be asked, what no run has sent so far. */
export function toCreate(outgoing: readonly OutgoingAttribute[], declared: Declared): OutgoingAttribute[] {
  return outgoing.filter(({ workspace, attribute, sentBefore }) => {
    const inWorkspace = declared.get(workspace);
    return inWorkspace === undefined ? !sentBefore : !inWorkspace.has(attribute);
  });
}
