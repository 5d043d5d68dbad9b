import type { KindDefinition } from './kind-definition.ts';

/** What is wrong with the spec of a stored object, on one line that begins with the field; undefined: nothing. */
export type SpecProblem = (object: { readonly spec?: unknown }) => string | undefined;

/**
 * Holds stored objects to the schema of their kind. Admission does so for new ones; what an older release stored, or
 * stores without CRD validation, may lack what the code takes for granted. Each version of an object is parsed once.
 */
export function specChecker(definition: KindDefinition): SpecProblem {
  const known = new WeakMap<object, string | undefined>();
  return (object) => {
    if (known.has(object)) return known.get(object);
    const { spec } = object;
    const result = definition.schema.safeParse({ spec });
    const [issue] = result.success ? [] : result.error.issues;
    const problem = issue === undefined ? undefined : `${issue.path.map(String).join('.')}: ${issue.message}`;
    known.set(object, problem);
    return problem;
  };
}
