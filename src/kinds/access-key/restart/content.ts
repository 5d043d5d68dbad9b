import { createHash } from 'node:crypto';
import { GROUP, type KubeObject } from '../../../api/meta.ts';
import type { ReconcileError } from '../../../runtime/errors.ts';
import { isPassing } from '../follow.ts';
import type { ObservedOutput } from '../outputs/diff.ts';

/** On a workload: what stood in its Secrets when it was last restarted, or first seen; see `ContentRecord`. */
export const KEY_CONTENT = `${GROUP}/key-content`;

/**
 * The objects that a workload may read, such as `Secret/app-credentials`, each with a digest of its content. Names are
 * unique in a namespace, so that AccessKeys which share a workload share its record, and one that is made again is known.
 */
export type ContentRecord = Readonly<Record<string, string>>;

/** What the published Secret and the outputs hold. */
export interface KeyContentFacts {
  readonly namespace: string;
  /** The published Secret, and the id of the key in it, which works; undefined: there is none. */
  readonly published: { readonly secretName: string; readonly keyId: string } | undefined;
  readonly outputs: readonly ObservedOutput[];
}

/**
 * What workloads of the namespace should have; undefined: it is still to be written. An output that somebody else has to
 * mend says nothing. Pure.
 */
export function wantedContent({ namespace, published, outputs }: KeyContentFacts): ContentRecord | undefined {
  if (published === undefined) return undefined;
  const record: Record<string, string> = { [publishedEntry(published.secretName)]: digest(published.keyId) };
  for (const output of outputs) {
    const { object } = output;
    if (object.namespace !== namespace) continue;
    switch (output.type) {
      case 'Current':
        record[`${object.kind}/${object.name}`] = output.contentHash.slice(0, DIGITS);
        break;
      case 'Blocked':
        if (isPassing(output.problem)) return undefined;
        break;
      case 'Missing':
      case 'Stale':
      case 'WrongType':
      case 'Kept':
        return undefined;
      case 'Unwanted':
      case 'Gone':
        break;
    }
  }
  return record;
}

/** Name of the published Secret in a record. Pure. */
export function publishedEntry(secretName: string): string {
  return `Secret/${secretName}`;
}

/** What the workload's annotation says; nothing where there is none that can be read. Pure. */
export function contentIn({ metadata }: KubeObject): ContentRecord {
  try {
    const read: unknown = JSON.parse(metadata.annotations?.[KEY_CONTENT] ?? '{}');
    if (typeof read !== 'object' || read === null) return {};
    return Object.fromEntries(Object.entries(read).filter(([, value]) => typeof value === 'string'));
  } catch {
    return {}; // somebody edited it: then nothing is known
  }
}

/**
 * `Restart`: something in it is another content now. `Record`: something is new, of which no pod can have an older
 * content as far as anybody knows. Pure.
 * @param startedWithOld an object in it had another content when pods of the workload may have started
 */
export function verdictOn(
  known: ContentRecord,
  wanted: ContentRecord,
  startedWithOld: (name: string) => boolean,
): 'Current' | 'Record' | 'Restart' {
  const differing = Object.keys(wanted).filter((name) => known[name] !== wanted[name]);
  if (differing.some((name) => known[name] !== undefined || startedWithOld(name))) return 'Restart';
  return differing.length > 0 ? 'Record' : 'Current';
}

/** What is known of a workload of `spec.restart`. */
export type ObservedRestart =
  | { readonly type: 'Current'; readonly target: string }
  /** Nothing to compare with: no key works, or outputs are still to be written. */
  | { readonly type: 'Waiting'; readonly target: string }
  | RestartStep
  | { readonly type: 'Blocked'; readonly target: string; readonly problem: ReconcileError };

/** A workload to write to: what its Secrets hold is noted, and a restart begun in the same write. */
export interface RestartStep {
  readonly type: 'Record' | 'Restart';
  /** For messages, such as `Deployment web`. */
  readonly target: string;
  readonly standing: KubeObject;
  /** What it is to carry. */
  readonly content: ContentRecord;
}

/** The writes. Pure. */
export function restartSteps(restarts: readonly ObservedRestart[]): readonly RestartStep[] {
  return restarts.filter((restart): restart is RestartStep => restart.type === 'Record' || restart.type === 'Restart');
}

const DIGITS = 16;

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, DIGITS);
}
