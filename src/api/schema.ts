import { z } from 'zod';

/** One rule of `x-kubernetes-validations`, as the API server evaluates it. */
export interface Rule {
  /** CEL. A rule that names `oldSelf` runs on updates only, unless `optionalOldSelf` is set. */
  readonly rule: string;
  /** Names the field and the fix, on one line. */
  readonly message: string;
  /** Runs on create too; `oldSelf` is then an optional value. Needs Kubernetes 1.30. */
  readonly optionalOldSelf?: true;
  /**
   * The same in TypeScript, over the parsed value, defaults filled in: what the reconciler asks of an object that got past
   * admission. Only of what nothing but such an object can have; it may let pass what an earlier operator stored.
   */
  readonly holds?: (self: unknown) => boolean;
  /** In the place of `holds`: why a stored object is not held to the rule, and what becomes of one that breaks it. */
  readonly storedIsLeft?: string;
}

/** A rule that the reconciler holds stored objects to, too. @param holds gets the value as the schema parses it */
export function checkedRule<Self>(
  cel: string,
  message: string,
  holds: (self: Self) => boolean,
): Required<Pick<Rule, 'rule' | 'message' | 'holds'>> {
  // The schema on which the rule stands has parsed the value.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked by the parser right before
  return { rule: cel, message, holds: (self) => holds(self as Self) };
}

/** Every object needs its spec. */
export const SPEC_MISSING = 'spec is missing: write one, an object without a spec means nothing';

/** What the reference page and `kubectl explain` say of one field. */
export interface FieldDoc {
  /** What it is, in whole sentences. */
  readonly what: string;
  /** A value as it stands in YAML. */
  readonly example?: string;
  /** `true`: at any time; `false`: never; a text: under which terms. Left out in status, which only the operator writes. */
  readonly change?: boolean | string;
  /** What holds when it is not set. Left out where it is required or has a schema default. */
  readonly absent?: string;
}

/** Beside the description: what OpenAPI can say and zod cannot. */
export interface FieldExtras {
  readonly rules?: readonly Rule[];
  /** The list is patched by this key of its items (`x-kubernetes-list-type: map`). */
  readonly mapKey?: string;
  /** An OpenAPI format, such as `uri` or `date-time`. */
  readonly format?: string;
  /**
   * A rule says in words what the pattern of the text says: the CRD has the rule alone, since a bare pattern tells nobody
   * what to write. Objects that are stored are held to the pattern still.
   */
  readonly isPatternARule?: true;
  /** The most entries a map may have; zod knows no such bound. */
  readonly maxProperties?: number;
  /**
   * Fields that the schema does not name are kept as written, and so is a value of any type where it names none. For
   * policy documents: their own parser says what may stand there.
   */
  readonly preservesUnknown?: true;
}

/** A pattern of the text that the CRD has as a rule, in words. @param pattern of the syntax that RE2 has, too */
export function patternRule(pattern: RegExp, message: string): Pick<FieldExtras, 'isPatternARule' | 'rules'> {
  const cel = `self.matches('${pattern.source.replaceAll('\\/', '/')}')`;
  return { isPatternARule: true, rules: [checkedRule<string>(cel, message, (self) => pattern.test(self))] };
}

/** `FieldDoc.absent` of a setting that is then neither read nor written. */
export const UNMANAGED = 'not managed, left as it is';

/** The key under which a schema carries its FieldDoc; it is left out of the CRD. */
export const DOC_KEY = 'x-doc';

/**
 * The metadata of one field, for `.meta()`, which stands last in the chain. Rules are CEL alone and never a zod
 * `refine`: a refine would vanish from the CRD without notice, and objects stored before a rule came must stay readable.
 */
export function field(doc: FieldDoc, extras: FieldExtras = {}): Record<string, unknown> {
  return {
    description: descriptionOf(doc),
    [DOC_KEY]: doc,
    ...(extras.format === undefined ? {} : { format: extras.format }),
    // An own key without a value takes out of the CRD what zod put there.
    ...(extras.isPatternARule === true ? { pattern: undefined } : {}),
    ...(extras.maxProperties === undefined ? {} : { maxProperties: extras.maxProperties }),
    ...(extras.preservesUnknown === undefined ? {} : { 'x-kubernetes-preserve-unknown-fields': true }),
    ...(extras.mapKey === undefined
      ? {}
      : { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [extras.mapKey] }),
    ...(extras.rules === undefined ? {} : { 'x-kubernetes-validations': extras.rules }),
  };
}

/** The words of `FieldDoc.change`, as a sentence; empty in status. */
export function changeText(change: FieldDoc['change']): string {
  if (change === undefined) return '';
  if (typeof change === 'string') return change;
  return change ? 'Can change at any time.' : 'Cannot change.';
}

function descriptionOf(doc: FieldDoc): string {
  const parts = [
    doc.what,
    doc.example === undefined ? '' : `Example: ${doc.example}`,
    changeText(doc.change),
    doc.absent === undefined ? '' : `Absent: ${doc.absent}`,
  ];
  return parts
    .filter((part) => part !== '')
    .map((part) => (part.endsWith('.') ? part : `${part}.`))
    .join(' ');
}

/** A text of 1 to `max` characters. */
export function text(max: number): z.ZodString {
  return z.string().min(1).max(max);
}

/** A point in time, RFC 3339. */
export function time(doc: FieldDoc): z.ZodString {
  return z.string().meta(field(doc, { format: 'date-time' }));
}

/** A whole number within bounds that say something; format int32 or int64 follows from them. */
export function int(min: number, max: number): z.ZodInt {
  return z.int().min(min).max(max);
}

/** The same shape, not to be written to: what comes from the API server is never mutated. */
export type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;
