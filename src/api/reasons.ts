import { passing } from './passing-reasons.ts';
import { NOTHING, type ReasonDoc } from './reason-doc.ts';

/** The good ones, and the states that someone asked for. */
const settled = {
  Available: { means: 'The external resource is there and usable, as last read.', next: NOTHING },
  NotSynced: {
    means:
      'Usable as last read, but not in sync: the last pass failed, or found changes that mode Observe does not make.',
    next: 'Look at the condition Synced, which says what is left.',
  },
  Authenticated: { means: 'The service accepts the credentials.', next: NOTHING },
  Reachable: { means: 'The endpoint answers signed calls.', next: NOTHING },
  InSync: { means: 'The last pass found nothing left to change.', next: NOTHING },
  Observed: {
    means: 'Under mode Observe the service differs from the spec; nothing was changed.',
    next: 'Read status.pendingChanges. Set spec.mode to Manage to have them made.',
  },
  Frozen: {
    means:
      'The annotation s3.cloud37.dev/freeze on the object, or on its User, keeps the access keys inactive; none is created or replaced meanwhile.',
    next: 'Take the annotation away where the message says, and the keys are made active again.',
  },
  FreezeIgnored: { means: 'The annotation freeze is not "true".', next: 'Set it to "true", or take it away.' },
  Suspended: { means: 'spec.suspend is true: no calls are made.', next: 'Take spec.suspend out to go on.' },
  Deleting: { means: 'The object is being deleted.', next: NOTHING },
  Emptying: { means: 'The bucket is emptied before it is deleted.', next: 'Nothing. status.emptying has the count.' },
  Retained: { means: 'The object went and the external resource stays.', next: NOTHING },
  LeftByPredecessor: {
    means:
      'The predecessor of this operator left something that the spec does not ask for, and it is not taken away unasked.',
    next: 'Take away what the message names once nobody needs it, or write it into a spec.',
  },
  Abandoned: {
    means: 'The object was let go on request without touching the service.',
    next: 'Look after the external resource yourself.',
  },
} as const satisfies Record<string, ReasonDoc>;

/** The author of the object must act. */
const specIsWrong = {
  InvalidSpec: {
    means: 'The spec asks for something that cannot be.',
    next: 'Change the field that the message names.',
  },
  Rejected: {
    means: 'The service does not accept a value of the spec.',
    next: 'Change the field that the message names.',
  },
  PolicyInvalid: { means: 'The service does not accept the policy document.', next: 'Correct the policy.' },
  PolicyConflict: {
    means: 'A statement of the policy clashes with one of an older BucketPolicy of the same bucket.',
    next: 'Rename or change the statement that the message names.',
  },
  PublicAccessBlocked: {
    means: 'The policy would grant to everyone, and the Bucket forbids it.',
    next: 'Name principals or add a condition, or change spec.publicAccess of the Bucket.',
  },
  LocksOutOperator: {
    means: 'The policy would deny the operator the calls by which it can be changed again.',
    next: 'Except the operator, by a condition on aws:PrincipalArn.',
  },
  InvalidRegion: {
    means: 'There is no such region, or its name cannot be one.',
    next: 'Correct spec.region of the Provider; where the Bucket names the region, make a new Bucket.',
  },
  WrongRegion: {
    means: 'The bucket lives in another region than the spec says, or an API takes no requests signed for that region.',
    next: 'Set the field that the message names to the region that it names.',
  },
  ObjectLockImmutable: {
    means: 'Object lock of the bucket differs from the spec, and it is decided when a bucket is created.',
    next: 'Correct spec.objectLock.enabled by making a new Bucket object.',
  },
  EndpointNotAllowed: {
    means: 'The operator may not call the endpoint.',
    next: "Use an endpoint that --allowed-endpoints lists, or ask the operator's administrator to list it.",
  },
  InsecureNotAllowed: {
    means: 'The Provider asks for unverified certificates, and the operator runs without --allow-insecure-tls.',
    next: 'Give the CA in spec.tls.caCertSecretRef instead.',
  },
  AlreadyExists: {
    means: 'The external resource exists and is not ours.',
    next: 'Choose another name, or set spec.adoptionPolicy as the message says if it should be taken over.',
  },
  NothingToAdopt: {
    means: 'adoptionPolicy is AdoptOnly and there is nothing to take over.',
    next: 'Correct spec.name, or set spec.adoptionPolicy to AdoptOrCreate.',
  },
  ClaimedByOther: {
    means: 'Another object of this cluster manages the same external resource.',
    next: 'Delete one of the two objects; the one that the message names keeps the resource.',
  },
  NotPermitted: {
    means: 'The Provider belongs to another namespace, and does not let objects of this one do that.',
    next: 'Take the field out that the message names, or ask the owner of the Provider to open its spec.tenancy.',
  },
  ChildNotOurs: {
    means: 'An object of the name that spec.autoManage needs exists and does not belong to this Bucket.',
    next: 'Make over the object that the message names, or delete it, or take spec.autoManage out.',
  },
  AccountMismatch: {
    means: 'The references of the object lead to different accounts.',
    next: 'Let all references lead to Providers of one account.',
  },
  AccountChanged: {
    means: 'The credentials or the endpoint now lead to another account than the one that was pinned.',
    next: 'Put the former ones back, or consent with the annotation that the message prints.',
  },
} as const satisfies Record<string, ReasonDoc>;

/** Someone elsewhere must act. */
const dependency = {
  DependencyNotReady: { means: 'Something that the object needs is not ready.', next: 'Read the message.' },
  Forbidden: {
    means: "The operator's service account may not do this in the cluster.",
    next: 'Grant what the message names: the chart has the roles.',
  },
  NotServed: {
    means: 'The API server does not serve a kind that the operator needs.',
    next: 'Install the CustomResourceDefinitions of this release.',
  },
  NamespaceTerminating: { means: 'The namespace is being deleted.', next: NOTHING },
  ProviderNotFound: {
    means: 'The Provider that providerRef names does not exist.',
    next: 'Create it, or correct the reference by making a new object.',
  },
  ProviderNotReady: {
    means: 'The Provider is not Ready, so nobody calls its account, or it is being deleted, so nothing new is made.',
    next: "Look at the Provider's conditions.",
  },
  BucketNotFound: {
    means: 'The Bucket that is referred to does not exist.',
    next: 'Create it, or correct the reference.',
  },
  BucketNotReady: { means: 'The Bucket that is referred to is not Ready.', next: "Look at that Bucket's conditions." },
  UserNotFound: { means: 'The User that is referred to does not exist.', next: 'Create it, or correct the reference.' },
  UserNotReady: { means: 'The User that is referred to is not Ready.', next: "Look at that User's conditions." },
  IAMPolicyNotFound: {
    means: 'The IAMPolicy that is referred to does not exist.',
    next: 'Create it, or correct the reference.',
  },
  IAMPolicyNotReady: {
    means: 'The IAMPolicy that is referred to is not Ready.',
    next: "Look at that IAMPolicy's conditions.",
  },
  ChildNotReady: {
    means: 'The User, BucketPolicy or AccessKey that spec.autoManage made is not Ready.',
    next: 'Nothing right after an edit; else look at the conditions of the object that the message names.',
  },
  RefNotPermitted: {
    means: 'The reference leads into another namespace that grants nothing, or to an object that is not there.',
    next: 'Ask for spec.allowedNamespaces on that object, or, for Secrets and ConfigMaps, for a ReferenceGrant in its namespace: docs/guides/other-namespaces.md.',
  },
  SecretNotFound: { means: 'The Secret does not exist.', next: 'Create the Secret that the message names.' },
  SecretKeyMissing: {
    means: 'The Secret lacks the key.',
    next: 'Add the key that the message names, or correct key in the reference.',
  },
  SecretInvalid: {
    means:
      'The value in the Secret cannot be what it should be, or the Secret is immutable and has to take another one.',
    next: 'Correct the Secret that the message names, or delete it as the message says.',
  },
  AuthFailed: {
    means: 'The service refuses the credentials. They are tried less and less often.',
    next: 'Correct the Secret: a change is tried at once.',
  },
  AuthenticationLockout: {
    means: 'The service has locked the account after too many refused calls.',
    next: 'Stop whatever else uses wrong credentials, then wait or ask the service.',
  },
  AccessDenied: {
    means: 'The credentials are right and may not do this.',
    next: "Grant the action that the message names to the operator's IAM user.",
  },
  AccountProblem: { means: 'The account is suspended or not paid.', next: 'Ask the service.' },
  ForeignKey: {
    means: 'The user has access keys that no AccessKey accounts for.',
    next: 'Delete them if nobody needs them, or name their ids in the annotation claim-keys or revoke-keys as the message says.',
  },
  SecretNotOurs: {
    means:
      'A Secret of the name that the key is to be delivered in exists, is not ours, and does not accept keys of ours.',
    next: 'Delete that Secret, or choose another name in spec.secret.name or spec.outputs.',
  },
  RestartTargetMissing: {
    means: 'A workload of spec.restart does not exist. Everything else goes on.',
    next: 'Create it, or take it out of spec.restart.',
  },
  KeyInactive: {
    means: 'The access key was made inactive by somebody else.',
    next: 'Make it active again, or delete its Secret to get a new key.',
  },
  QuotaExceeded: { means: 'A limit of the account is reached.', next: 'Delete what is not needed, or ask for more.' },
  TLSVerificationFailed: {
    means: 'The certificate of the endpoint is not signed by a known CA or is for another name.',
    next: 'Correct the endpoint, or give its CA in spec.tls.caCertSecretRef.',
  },
} as const satisfies Record<string, ReasonDoc>;

/** Deletion cannot go on. */
const deletion = {
  DependentsExist: { means: 'Other objects need this one.', next: 'Delete those that the message names first.' },
  ForeignKey: {
    means: 'The user has access keys that no AccessKey object made, or that one left behind under Retain.',
    next: 'Delete the keys that the message names, or set deletionPolicy to Retain.',
  },
  ForeignAttachment: {
    means: 'Something that the operator did not attach keeps the user or the policy from being deleted.',
    next: 'Take away what the message names, or set deletionPolicy to Retain.',
  },
  ChildrenDeleting: {
    means: 'The objects that spec.autoManage made go first, the AccessKey before all others.',
    next: 'Nothing, unless the message names one that is held back: look at its conditions.',
  },
  OwnershipUnproven: {
    means: 'Nothing proves that the operator made the external resource, so it is not destroyed.',
    next: 'Set deletionPolicy to Retain, or prove it by adoption as the message says.',
  },
  ObserveOnly: {
    means: 'The operator runs with --observe-only, so nothing is undone and nothing is let go of.',
    next: 'Nothing: deletion goes on when the operator runs without the flag.',
  },
  DefinitionUnknown: {
    means:
      'The operator may not read the CustomResourceDefinition, and nothing is destroyed while that may be on its way out with all its objects.',
    next: 'Wait some seconds. If it stays, grant what the message names, or set deletionPolicy to Retain.',
  },
  BucketNotEmpty: {
    means: 'The bucket holds objects, versions or unfinished uploads.',
    next: 'Empty it, or set forceDelete to true if the data may be lost, or deletionPolicy to Retain.',
  },
  ObjectsLocked: {
    means: 'Objects of the bucket are locked against deletion.',
    next: 'Wait for their retention to end, or set deletionPolicy to Retain.',
  },
} as const satisfies Record<string, ReasonDoc>;

/** Every reason that a condition can carry, grouped by who must act. The list is closed. */
export const REASON_GROUPS = [
  { title: 'As it should be, or as asked for', reasons: settled },
  { title: "The object's author must act", reasons: specIsWrong },
  { title: 'Someone elsewhere must act', reasons: dependency },
  { title: 'Deletion waits', reasons: deletion },
  { title: 'Time heals, or the service lacks it', reasons: passing },
] as const;

/** A reason of a condition. */
export type Reason =
  | keyof typeof settled
  | keyof typeof specIsWrong
  | keyof typeof dependency
  | keyof typeof deletion
  | keyof typeof passing;

/** Whether a text is one of the documented reasons. */
export function isReason(candidate: string): candidate is Reason {
  return REASON_GROUPS.some((group) => Object.hasOwn(group.reasons, candidate));
}
