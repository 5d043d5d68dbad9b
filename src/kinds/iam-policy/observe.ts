import { ReconcileError } from '../../runtime/errors.ts';
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
import { markerTextOfMark, markIn, markInText, withoutMark } from './sid-mark.ts';

/** One managed policy, reached for one pass. */
export interface PolicyClient {
  readonly wasabi: WasabiClient;
  readonly accountId: string;
  readonly policyName: string;
  /** The marker of this very object. */
  readonly ownMarker: string;
  /** Which policy this pass saw last under that name, with which version in force. */
  observed: Pick<ManagedPolicy, 'policyId' | 'defaultVersionId'> | undefined;
}

/** A managed policy as it was read. */
export interface ObservedPolicy extends ManagedPolicy {
  /** The marker that counts: who took the policy over last, else who made it. */
  readonly marker: string | undefined;
  /** The marker that the policy was created with; it stays for good. */
  readonly createdBy: string | undefined;
  /** The mark in the version in force, which whoever takes a policy over puts there. */
  readonly sidMark: string | undefined;
  /** The default version without the mark. */
  readonly document: ServicePolicy;
  /** Undefined when it was not asked for. */
  readonly entities: PolicyEntities | undefined;
}

/**
 * Reads a managed policy. The calls of a pass, each for a reason:
 * - GetPolicy, by the ARN that account and name make: is it there, is it this very one (PolicyId), which version is in force?
 * - GetPolicyVersion: is that version what the spec says, and does it say that somebody took the policy over? It is not in
 *   the answer of GetPolicy.
 * - ListEntitiesForPolicy: whom is it attached to, for `status.attachedUsers`? Not at the end of the object.
 * @throws Transient when the version went away between the calls
 */
export async function observePolicy(
  client: PolicyClient,
  desired: DesiredPolicy | undefined,
  signal: AbortSignal,
): Promise<ObservedPolicy | undefined> {
  const { wasabi } = client;
  const arn = policyArn(client.accountId, client.policyName);
  const policy = await readPolicy(wasabi, arn, signal);
  client.observed = policy;
  if (policy === undefined) return undefined;
  const [text, entities] = await Promise.all([
    readPolicyVersion(wasabi, arn, policy.defaultVersionId, signal),
    desired === undefined ? undefined : listPolicyEntities(wasabi, arn, signal),
  ]);
  if (text === undefined) {
    // Whose the policy is stands in that version: without it nothing is decided.
    throw new ReconcileError('Transient', `policy "${client.policyName}" changed while it was read`, {
      reason: 'Conflict',
    });
  }
  const createdBy = markerInDescription(policy.description);
  const read = parseServicePolicy(text);
  const sidMark = read.type === 'Parsed' ? markIn(read.document) : markInText(text);
  const marker = sidMark === undefined ? createdBy : markerTextOfMark(sidMark, client.ownMarker);
  const document = read.type === 'Parsed' ? { ...read, document: withoutMark(read.document) } : read;
  return { ...policy, marker, createdBy, sidMark, document, entities };
}
