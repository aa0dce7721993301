import {
  allRefused,
  badSyntax,
  notEmulated,
  type ObjectError,
  type Reply,
  success,
  tooManyObjects,
  wholeRequestRefused,
} from './answers';
import { forbiddenValue } from './forbiddenCalls';
import { type Identified, identify } from './identify';
import { parseObject } from './json';
import { BLACKLISTED, type ObjectProblem, REQUIRED, messageOf } from './problems';
import { standardFieldProblem } from './standardFields';
import type { Switches } from './switches';

/** One object of a request, ready to be applied. */
export interface Write extends Identified {
  updateOnly: boolean;
  object: Record<string, unknown>;
}

/** Braze's answer and its writes; `writes` is empty if Braze refuses the request. Nothing is applied yet. */
export interface BodyVerdict {
  reply: Reply;
  writes: Write[];
  /** Objects in the request, including refused ones. */
  objects: number;
  /** The customers in the request; an object without an identifier has none. */
  ids: string[];
}

interface Refusals {
  /** Objects of these customers are refused with an error. */
  readonly poisoned: ReadonlySet<string>;
  /** A request that contains one of these customers is refused as a whole. */
  readonly refusedWhole: ReadonlySet<string>;
}

const NOTHING_SENT = { writes: [], objects: 0, ids: [] };

/** Judges the body of a `/users/track` request by Braze's documented rules. Pure. */
export function judgeBody(body: Buffer, refusals: Refusals, switches: Switches): BodyVerdict {
  const request = parseObject(body);
  if (request === undefined) return { reply: badSyntax(), ...NOTHING_SENT };
  const counts = [countOf(request.attributes), countOf(request.events), countOf(request.purchases)] as const;
  if (isOver(counts, switches.objectLimit)) return { reply: tooManyObjects(), ...NOTHING_SENT, objects: counts[0] };
  if (counts[1] > 0 || counts[2] > 0) return { reply: notEmulated('sends events or purchases'), ...NOTHING_SENT };
  if (counts[0] === 0) return { reply: allRefused([]), ...NOTHING_SENT };

  const attributes = request.attributes as unknown[];
  const objects = attributes.length;
  const writes: Write[] = [];
  const ids: string[] = [];
  const errors: ObjectError[] = [];
  for (let index = 0; index < objects; index += 1) {
    const object = attributes[index] as Record<string, unknown>;
    const isObject = typeof object === 'object' && object !== null;
    const forbidden = isObject ? forbiddenValue(object) : null;
    if (forbidden !== null) return { reply: notEmulated(forbidden), ...NOTHING_SENT, objects };
    const whom = isObject ? identify(object) : REQUIRED;
    let problem: ObjectProblem | null;
    if ('text' in whom) problem = whom;
    else {
      ids.push(whom.id);
      problem = refusals.poisoned.has(whom.id) ? BLACKLISTED : standardFieldProblem(object);
      if (problem === null) {
        // Documented default: update-only with an alias, not otherwise.
        const updateOnly = (object._update_existing_only ?? whom.identifiedBy === 'user_alias') === true;
        writes.push({ id: whom.id, identifiedBy: whom.identifiedBy, updateOnly, object });
      }
    }
    if (problem !== null) {
      errors.push({ type: messageOf(problem, switches.errorTypeStyle), input_array: 'attributes', index });
    }
  }
  if (refusals.refusedWhole.size > 0 && ids.some((id) => refusals.refusedWhole.has(id))) {
    return { reply: wholeRequestRefused(), writes: [], objects, ids };
  }
  if (writes.length === 0) return { reply: allRefused(errors), writes, objects, ids };
  return { reply: success(writes.length, errors), writes, objects, ids };
}

function isOver(counts: readonly number[], limit: Switches['objectLimit']): boolean {
  if (limit === '75-per-array') return counts.some((count) => count > 75);
  return counts.reduce((sum, count) => sum + count, 0) > (limit === '50-combined' ? 50 : 75);
}

function countOf(array: unknown): number {
  return Array.isArray(array) ? array.length : 0;
}
