import type { KeyOutput } from '../../../api/key-outputs.ts';
import { keyText, type ObjectKey } from '../../../api/meta.ts';
import type { Reference } from '../../../managed/references.ts';
import { ReconcileError } from '../../../runtime/errors.ts';
import { endpointFor } from '../../../wasabi/endpoints.ts';
import type { OutputLocation } from './values.ts';

/** What the outputs of one key have in common. */
export interface OutputContext {
  /** Namespace of the AccessKey. */
  readonly namespace: string;
  /** Names in that namespace that the key's own Secrets have or may take. */
  readonly ownSecrets: readonly string[];
  /** The Provider's settings: S3 endpoint, region and style. */
  readonly provider: { readonly endpoint: string; readonly region: string; readonly pathStyle: boolean };
  /** IAM user name. */
  readonly user: string;
}

/** One output as the spec wants it. */
export interface DesiredOutput {
  /** Where it stands, such as `spec.outputs[0]`. */
  readonly path: string;
  readonly key: ObjectKey;
  readonly entry: KeyOutput;
  readonly location: OutputLocation;
  /** Why it cannot be: its objects stay as they are. */
  readonly problem: ReconcileError | undefined;
}

/** The outputs that the spec asks for, in its order. Pure. One that cannot be keeps no other from being written. */
export function desiredOutputs(outputs: readonly KeyOutput[], context: OutputContext): readonly DesiredOutput[] {
  const paths = new Map<string, string>();
  return outputs.map((entry, index) => {
    const path = `spec.outputs[${index}]`;
    const key = { namespace: entry.namespace ?? context.namespace, name: entry.name };
    const first = paths.get(keyText(key));
    if (first === undefined) paths.set(keyText(key), path);
    const isOwn = key.namespace === context.namespace && context.ownSecrets.includes(key.name);
    const problem = isOwn
      ? invalid(`${path}.name: Secret "${key.name}" holds the key itself: choose another name`)
      : first === undefined
        ? undefined
        : invalid(`${path}: Secret ${keyText(key)} is that of ${first}, too: choose another name or namespace`);
    return { path, key, entry, ...located(entry, path, context, problem) };
  });
}

/** What the outputs name in other namespaces. Pure. */
export function outputReferences(
  outputs: readonly KeyOutput[] | undefined,
  namespace: string | undefined,
): readonly Reference[] {
  return (outputs ?? []).flatMap((entry, index) => {
    if (entry.namespace === undefined || entry.namespace === namespace) return [];
    const key = { namespace: entry.namespace, name: entry.name };
    const path = `spec.outputs[${index}].namespace`;
    const kinds = entry.preset === 'obc' ? (['Secret', 'ConfigMap'] as const) : (['Secret'] as const);
    return kinds.map((kind) => outputReference(kind, key, path));
  });
}

/** The reference that an object of an output in another namespace is written by. Pure. */
export function outputReference(kind: 'Secret' | 'ConfigMap', key: ObjectKey, path: string): Reference {
  return { path, group: '', kind, key, isLegacy: false, blocksDeletion: false };
}

function located(
  { parameters }: KeyOutput,
  path: string,
  { provider, user }: OutputContext,
  earlier: ReconcileError | undefined,
): Pick<DesiredOutput, 'location' | 'problem'> {
  const { endpoint, pathStyle } = provider;
  const region = parameters?.region ?? provider.region;
  const location = { endpoint, region, bucket: parameters?.bucket, pathStyle, user };
  try {
    return { location: { ...location, endpoint: endpointFor(provider, region) }, problem: earlier };
  } catch (thrown) {
    if (!(thrown instanceof ReconcileError)) throw thrown;
    return { location, problem: earlier ?? invalid(`${path}.parameters.region: ${thrown.message}`, thrown) };
  }
}

function invalid(message: string, cause?: unknown): ReconcileError {
  return new ReconcileError('InvalidSpec', message, { cause });
}
