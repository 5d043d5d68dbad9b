import type { AccessKey } from '../../../api/access-key.ts';
import { WORKLOADS } from '../../../api/core-types.ts';
import type { RestartTarget } from '../../../api/key-restart.ts';
import type { KubeObject, ObjectKey } from '../../../api/meta.ts';
import { rfc3339 } from '../../../managed/conditions.ts';
import { ReconcileError } from '../../../runtime/errors.ts';
import { type Kube, KubeError } from '../../../runtime/kube.ts';
import { isObjectGone, toKubeReconcileError } from '../../../runtime/kube-errors.ts';
import { metadataOnly } from '../../../runtime/slim.ts';
import { isPassing } from '../follow.ts';
import {
  type ContentRecord,
  contentIn,
  KEY_CONTENT,
  type ObservedRestart,
  type RestartStep,
  verdictOn,
} from './content.ts';

/** Source: kubectl rollout restart. */
const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';

/** As much of a workload as is read. */
interface Workload extends KubeObject {
  readonly spec?: {
    readonly template?: {
      readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
    };
  };
}

/** What reading and writing workloads takes. */
export interface RestartClient {
  readonly kube: Kube;
  readonly resource: AccessKey;
  /** What the API server refused in this pass. */
  readonly refused: Map<string, ReconcileError>;
}

/** What is asked of the workloads. */
export interface RestartQuestion {
  /** undefined: nothing is compared now. */
  readonly wanted: ContentRecord | undefined;
  /** The object in a record whose earlier content is still about, and since when there is another one; on the operator's clock, ms. */
  readonly replaced: { readonly name: string; readonly atMs: number } | undefined;
}

/** Reads each workload of `spec.restart`. What fails for one keeps no other from being read. */
export async function observeRestarts(
  client: RestartClient,
  { wanted, replaced }: RestartQuestion,
  signal: AbortSignal,
): Promise<readonly ObservedRestart[]> {
  const { resource, refused } = client;
  const found: ObservedRestart[] = [];
  for (const target of resource.spec.restart ?? []) {
    const text = targetText(target);
    if (found.some((other) => other.target === text)) continue;
    const problem = refused.get(text);
    if (wanted === undefined) found.push({ type: 'Waiting', target: text });
    else if (problem !== undefined) found.push({ type: 'Blocked', target: text, problem });
    else {
      const reading = observeOne(client, target, { wanted, replaced }, signal);
      found.push(
        await reading.catch((thrown: unknown) => ({
          type: 'Blocked',
          target: text,
          problem: problemOf(thrown, target, resource),
        })),
      );
    }
  }
  return found;
}

async function observeOne(
  { kube, resource }: RestartClient,
  target: RestartTarget,
  { wanted, replaced }: RestartQuestion & { readonly wanted: ContentRecord },
  signal: AbortSignal,
): Promise<ObservedRestart> {
  const text = targetText(target);
  const workload = await kube.get<Workload>(WORKLOADS[target.kind], keyOf(target, resource), { signal });
  if (workload === undefined) {
    const message = `spec.restart: ${text} does not exist in namespace "${resource.metadata.namespace}": create it, or take it out`;
    throw new ReconcileError('DependencyNotReady', message, { reason: 'RestartTargetMissing' });
  }
  const known = contentIn(workload);
  const type = verdictOn(known, wanted, (name) => name === replaced?.name && mayRunOld(workload, replaced.atMs));
  if (type === 'Current') return { type, target: text };
  return { type, target: text, standing: metadataOnly(workload), content: { ...known, ...wanted } };
}

/**
 * Whether pods of the workload may have started before that time: it was there, and nobody restarted it since, whatever
 * became of our own annotation. All times are whole seconds. Pure.
 */
function mayRunOld({ metadata, spec }: Workload, atMs: number): boolean {
  const restartedAt = spec?.template?.metadata?.annotations?.[RESTARTED_AT] ?? '';
  return Date.parse(metadata.creationTimestamp) <= atMs && !(Date.parse(restartedAt) >= atMs);
}

/**
 * Records the content on the very workload that was read and, for a restart, changes its template in the same write: so it
 * is restarted once, whatever crashes. A refusal is kept in `refused`: nobody but an administrator can act on it.
 * @throws Transient, Throttled, StaleRead
 */
export async function applyRestart(
  { kube, resource, refused }: RestartClient,
  { type, target: text, standing, content }: RestartStep,
  nowMs: number,
  signal: AbortSignal,
): Promise<void> {
  const target = (resource.spec.restart ?? []).find((one) => targetText(one) === text);
  if (target === undefined) return;
  const { resourceVersion } = standing.metadata;
  const template = { metadata: { annotations: { [RESTARTED_AT]: rfc3339(nowMs) } } };
  const body = {
    metadata: { resourceVersion, annotations: { [KEY_CONTENT]: JSON.stringify(content) } },
    ...(type === 'Restart' ? { spec: { template } } : {}),
  };
  const key = keyOf(target, resource);
  await kube.patch(WORKLOADS[target.kind], key, { type: 'merge', body }, { signal }).catch((thrown: unknown) => {
    if (isObjectGone(thrown)) return; // the next look finds it missing
    const problem = problemOf(thrown, target, resource);
    if (isPassing(problem)) throw problem;
    refused.set(text, problem);
  });
}

/** For messages. Pure. */
function targetText({ kind, name }: RestartTarget): string {
  return `${kind} ${name}`;
}

function keyOf({ name }: RestartTarget, { metadata }: AccessKey): ObjectKey {
  return { namespace: metadata.namespace ?? '', name };
}

function problemOf(thrown: unknown, target: RestartTarget, { metadata }: AccessKey): ReconcileError {
  if (!(thrown instanceof KubeError)) return toKubeReconcileError(thrown);
  const what = `spec.restart: ${targetText(target)} in namespace "${metadata.namespace}"`;
  if (thrown.code === 403 && thrown.reason !== 'NamespaceTerminating') {
    const rule = `{apiGroups: [apps], resources: [${WORKLOADS[target.kind].plural}], verbs: [get, patch]}`;
    const message = `${what} cannot be read and restarted: the API server refuses it. Give the operator the rule ${rule} in that namespace, or see which admission policy is against it`;
    return new ReconcileError('DependencyNotReady', message, { reason: 'Forbidden', cause: thrown });
  }
  if (thrown.code === 400 || thrown.code === 422) {
    const message = `${what}: the API server does not take the annotation of a restart: look which admission policy is against it`;
    return new ReconcileError('DependencyNotReady', message, { reason: 'Rejected', cause: thrown });
  }
  return toKubeReconcileError(thrown);
}
