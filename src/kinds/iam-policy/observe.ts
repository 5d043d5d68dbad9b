import type { WasabiClient } from '../../wasabi/clients.ts';
import {
  listPolicyEntities,
  type ManagedPolicy,
  type PolicyEntities,
  policyArn,
  readPolicy,
  readPolicyVersion,
} from '../../wasabi/iam-policies.ts';
import { parseServicePolicy, type ServicePolicy } from '../../wasabi/policy/parse.ts';
import { markerInDescription } from './description.ts';
import type { DesiredPolicy } from './desired.ts';

/** One managed policy, reached for one pass. */
export interface PolicyClient {
  readonly wasabi: WasabiClient;
  readonly accountId: string;
  readonly policyName: string;
  /** The marker of this very object. */
  readonly ownMarker: string;
  /** Which policy this pass saw last under that name. */
  observedPolicyId: string | undefined;
}

/** A managed policy as it was read. */
export interface ObservedPolicy extends ManagedPolicy {
  readonly marker: string | undefined;
  /** The default version; undefined when it was not asked for, or went between two calls. */
  readonly document: ServicePolicy | undefined;
  /** Undefined when it was not asked for. */
  readonly entities: PolicyEntities | undefined;
}

/**
 * Reads a managed policy. The calls of a pass, each for a reason:
 * - GetPolicy, by the ARN that account and name make: is it there, is it this very one (PolicyId), which version is in force?
 * - GetPolicyVersion: is that version what the spec says? It is not in the answer of GetPolicy.
 * - ListEntitiesForPolicy: whom is it attached to, for `status.attachedUsers`?
 */
export async function observePolicy(
  client: PolicyClient,
  desired: DesiredPolicy | undefined,
  signal: AbortSignal,
): Promise<ObservedPolicy | undefined> {
  const { wasabi } = client;
  const arn = policyArn(client.accountId, client.policyName);
  const policy = await readPolicy(wasabi, arn, signal);
  client.observedPolicyId = policy?.policyId;
  if (policy === undefined) return undefined;
  const marker = markerInDescription(policy.description);
  if (desired === undefined) return { ...policy, marker, document: undefined, entities: undefined };
  const [text, entities] = await Promise.all([
    readPolicyVersion(wasabi, arn, policy.defaultVersionId, signal),
    listPolicyEntities(wasabi, arn, signal),
  ]);
  return { ...policy, marker, document: text === undefined ? undefined : parseServicePolicy(text), entities };
}
