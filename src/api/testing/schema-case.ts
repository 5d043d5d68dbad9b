/** A part of an object, as users write it. */
export interface Draft {
  readonly spec?: unknown;
  readonly status?: unknown;
}

/** One verdict of the schemas: of a new object, or of the change of an object that is there. */
export interface SchemaCase {
  readonly title: string;
  readonly kind: string;
  /** `metadata.name`; left out: it does not matter. */
  readonly name?: string;
  /** The object before the change; left out: the object is new. Its status is there already. */
  readonly from?: Draft;
  /** `from` was stored under the predecessor's schema, and need not be valid under ours. */
  readonly isStoredBefore?: true;
  readonly to: Draft;
  /** What the refusal must say; left out: it is accepted. */
  readonly refusal?: string;
  /** Only an API server sees it: the format of a text, which no rule repeats. */
  readonly isServerOnly?: true;
  /** Refused when new; of what is stored the reconciler says nothing, though the rule is one that it decides, too. */
  readonly isLeftStored?: true;
}
