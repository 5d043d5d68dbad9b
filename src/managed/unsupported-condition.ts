import { condition, findCondition } from './conditions.ts';
import type { KindCondition, StoredCondition } from './kind.ts';

const SAYS =
  'The service cannot do what these fields ask for (take them out, or live with it: it is asked again daily): ';
const NONE: ReadonlySet<string> = new Set();
const FIELD = /^spec\.[\w.[\]]+$/;

/** The condition that names those fields; none without any. Pure. */
export function unsupportedCondition(fields: readonly string[]): readonly KindCondition[] {
  if (fields.length === 0) return [];
  return [condition('Unsupported', 'True', 'Unsupported', `${SAYS}${fields.join(', ')}`)];
}

/** The settings that the condition names, each once, whichever element of a list it is of. A name that was cut is left out. Pure. */
export function unsupportedSettings(conditions: readonly StoredCondition[] | undefined): ReadonlySet<string> {
  const { message = '' } = findCondition(conditions, 'Unsupported') ?? {};
  if (!message.startsWith(SAYS)) return NONE;
  const fields = message.slice(SAYS.length).split(/, (?=spec\.)/);
  return new Set(fields.map((field) => field.replaceAll(/\[[^\]]*\]/g, '[]')).filter((field) => FIELD.test(field)));
}
