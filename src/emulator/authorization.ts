import type { Account, Identity } from './accounts.ts';
import type { Call, Permissions, Target } from './call.ts';
import { EffectivePolicies } from './effective-policies.ts';
import type { Settings } from './options.ts';
import { type Policy, parsePolicy } from './policy/document.ts';
import {
  isAllowed,
  type Question,
  resourceVerdictOf,
  type Subject,
  type Verdict,
  verdictOf,
} from './policy/evaluate.ts';
import { PolicySyntaxError } from './policy/syntax-error.ts';
import { contextOf, versionOf } from './request-context.ts';
import { resourceArn } from './s3-permissions.ts';

type Facts = Omit<Call, 'permissions'>;

const MAX_PARSED = 5000;
/** What the root of a bucket's owner may do though its policy denies it: or nobody could ever mend it. */
const ALWAYS_OWNERS = new Set(['s3:GetBucketPolicy', 's3:PutBucketPolicy', 's3:DeleteBucketPolicy']);
const BUCKET_READ = new Set(['s3:ListBucket', 's3:ListBucketVersions', 's3:ListBucketMultipartUploads']);
const OBJECT_READ = new Set(['s3:GetObject', 's3:GetObjectVersion']);

/** Decides who may do what, by the policies of identities and buckets and by ACLs (W20). */
export class Authorizer {
  readonly #reading: Settings['quirks']['bucketPolicies'];
  readonly #effective: EffectivePolicies;
  readonly #parsed = new Map<string, Policy | undefined>();

  constructor(settings: Settings) {
    this.#reading = settings.quirks.bucketPolicies;
    this.#effective = new EffectivePolicies(settings.propagation.policiesMs);
  }

  /** What the caller of one call may do. */
  permissionsOf(call: Facts): Permissions {
    return {
      may: (action, target) => this.#may(call, action, target),
      mayInAccount: (action, resource) => this.#verdict(call, action, resource) === 'Allow',
      mayReplicate: (by, target) => this.#mayReplicate(call, by, target),
      mayAssume: (trustPolicy, accountId, roleArn) => this.#mayAssume(call, trustPolicy, accountId, roleArn),
    };
  }

  /** Makes a change to an account's identities; what they may do follows after a while (W34). */
  change<T>(account: Account, nowMs: number, make: () => T): T {
    return this.#effective.change(account, nowMs, make);
  }

  #may(call: Facts, action: string, target: Target): boolean {
    const { account, identity, session } = call.caller;
    const { bucket } = target;
    const isOwnAccount = bucket === undefined || bucket.ownerId === account.accountId;
    const isOwner = identity.type === 'Root' && isOwnAccount;
    if (isOwner && (bucket?.policy === undefined || ALWAYS_OWNERS.has(action))) return true; // the common case, at no cost
    if (identity.type === 'Anonymous' && bucket === undefined) return false;
    return isAllowed(this.#question(call, action, resourceArn(target), target), {
      identity: this.#identityPolicies(call),
      session: this.#policies(session?.policies ?? []),
      resource: this.#policy(bucket?.policy),
      isGrantedByAcl: isGrantedByAcl(action, target, identity),
      isOwnAccount,
      reading: this.#reading,
    });
  }

  #verdict(call: Facts, action: string, resource: string): Verdict {
    const question = this.#question(call, action, resource, {});
    const identity = this.#identityPolicies(call);
    const session = this.#policies(call.caller.session?.policies ?? []);
    const own = identity === 'everything' ? 'Allow' : verdictOf(identity, question);
    return session.length === 0 || own !== 'Allow' ? own : verdictOf(session, question);
  }

  #mayReplicate(call: Facts, by: Pick<Subject, 'names'> & { readonly accountId: string }, target: Target): boolean {
    const subject: Subject = { ...by, isRoot: true };
    const question = { ...this.#question(call, 's3:ReplicateObject', resourceArn(target), target), subject };
    const verdict = resourceVerdictOf(this.#policy(target.bucket?.policy), question, false);
    return !verdict.isDenied && verdict.allowed !== 'None';
  }

  /** A role of the own account is taken on by those whom its trust policy names, or leaves to the account to choose. */
  #mayAssume(call: Facts, trustPolicy: string, accountId: string, roleArn: string): boolean {
    const action = 'sts:AssumeRole';
    const isOwnAccount = call.caller.account.accountId === accountId;
    const question = this.#question(call, action, roleArn, {});
    const trust = resourceVerdictOf(this.#policy(trustPolicy), question, isOwnAccount);
    const own = this.#verdict(call, action, roleArn);
    if (trust.isDenied || trust.allowed === 'None' || own === 'Deny') return false;
    return own === 'Allow' || (isOwnAccount && trust.allowed === 'Caller');
  }

  #question(call: Facts, action: string, resource: string, target: Target): Question {
    return { subject: subjectOf(call.caller.identity), action, resource, context: contextOf(call, target) };
  }

  #identityPolicies({ caller, nowMs }: Facts): readonly Policy[] | 'everything' {
    const { account, identity } = caller;
    if (identity.type === 'Root' || identity.type === 'Anonymous') return 'everything';
    return this.#policies(this.#effective.documentsOf(account, identity, nowMs));
  }

  #policies(texts: readonly string[]): readonly Policy[] {
    return texts.flatMap((text) => this.#policy(text) ?? []);
  }

  /** Parsed once a text. What is no policy came in by hand and grants nothing. */
  #policy(text: string | undefined): Policy | undefined {
    if (text === undefined) return undefined;
    if (this.#parsed.has(text)) return this.#parsed.get(text);
    if (this.#parsed.size >= MAX_PARSED) this.#parsed.clear();
    const policy = parsedOrNothing(text);
    this.#parsed.set(text, policy);
    return policy;
  }
}

function parsedOrNothing(text: string): Policy | undefined {
  try {
    return parsePolicy(text);
  } catch (thrown) {
    if (thrown instanceof PolicySyntaxError) return undefined;
    throw thrown;
  }
}

function subjectOf({ type, accountId, arn, userId, roleArn, roleId }: Identity): Subject {
  if (type === 'Anonymous') return { isRoot: false, names: [] };
  const ofRole = roleArn === undefined || roleId === undefined ? [] : [roleArn, roleId];
  return { accountId, isRoot: type === 'Root', names: type === 'Root' ? [] : [arn, userId, ...ofRole] };
}

/** What canned ACLs grant to everyone, or to everyone who signs. */
function isGrantedByAcl(action: string, target: Target, { type }: Identity): boolean {
  const { bucket } = target;
  if (bucket === undefined) return false;
  if (BUCKET_READ.has(action)) return isReadable(bucket.acl, type);
  if (action === 's3:PutObject') return bucket.acl === 'public-read-write';
  return OBJECT_READ.has(action) && isReadable(versionOf(target)?.acl, type);
}

function isReadable(acl: string | undefined, type: Identity['type']): boolean {
  if (acl === 'authenticated-read') return type !== 'Anonymous';
  return acl === 'public-read' || acl === 'public-read-write';
}
