import type { PolicyDocument } from '../../../wasabi/policy/document.ts';
import type { DesiredUser } from '../desired.ts';
import type { ObservedUser } from '../observe.ts';

/** The name of our inline policy: it marks the user as ours. */
export const MARKED = 's3.cloud37.dev.owner.own';
/** The marked name of an earlier incarnation, or of a stranger. */
export const EARLIER = 's3.cloud37.dev.owner.earlier';
/** The predecessor's name for the inline policy of the user. */
export const LEGACY = 'reader-policy';

/** A document that allows one action. */
export function documentOf(action: string): PolicyDocument {
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: [action], Resource: ['*'] }] };
}

/** A user that is wanted without any policy, and of which status records nothing. */
export function desiredOf(parts: Partial<DesiredUser> = {}): DesiredUser {
  return {
    inline: undefined,
    inlineName: MARKED,
    legacyInlineName: LEGACY,
    attached: [],
    leftovers: [],
    recorded: [],
    isTakenOver: false,
    refusal: undefined,
    freeze: { isAsked: false, recorded: [], held: [] },
    ...parts,
  };
}

/** What was found of a user. */
export interface Sketch {
  /** Inline policies by name, and what each allows. */
  readonly inline?: Readonly<Record<string, string>>;
  readonly attached?: readonly string[];
  /** Default: the same. */
  readonly attachedBefore?: readonly string[];
}

/** A user as it was read. */
export function observedOf({ inline = {}, attached = [], attachedBefore = attached }: Sketch = {}): ObservedUser {
  const inlineNames = Object.keys(inline);
  const markedNames = [MARKED, EARLIER].filter((name) => inlineNames.includes(name));
  return {
    userId: 'AIDA1',
    arn: 'arn:aws:iam::1:user/reader',
    createdAtMs: 0,
    marker: markedNames[0],
    markedNames,
    inlineNames,
    documents: new Map(
      Object.entries(inline).map(([name, action]) => [name, { type: 'Parsed', document: documentOf(action) }]),
    ),
    attached: new Set(attached),
    attachedBefore: new Set(attachedBefore),
    keys: undefined,
    activeBefore: new Set(),
  };
}
