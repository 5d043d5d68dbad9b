import {
  bucketRead,
  bucketWrite,
  type Call,
  emptyReply,
  invalidArgument,
  isoTime,
  type Target,
  targetOf,
  xmlReply,
} from './call.ts';
import { isHeld } from './compliance.ts';
import { ServiceError } from './errors.ts';
import { type Bucket, DAY_MS, type ObjectVersion, type Retention, touch } from './state.ts';
import { addressedVersion } from './versions.ts';
import { date, malformed, object, optional, readDocument, required, text, writeDocument } from './xml-shape.ts';

const MODES = ['GOVERNANCE', 'COMPLIANCE'] as const;

/** Wasabi reads mode and ON/OFF in any case. */
const retentionShape = object({ Mode: optional(text(MODES, true)), RetainUntilDate: optional(date()) });
const legalHoldShape = object({ Status: required(text(['ON', 'OFF'], true)) });

/** Whether a version may not be deleted now, by its lock or by compliance (governance can be bypassed, see `canDelete`). */
export function isProtected(bucket: Bucket, version: ObjectVersion, nowMs: number): boolean {
  return isLocked(version, nowMs) || isHeld(bucket, version, nowMs);
}

function isLocked(version: ObjectVersion, nowMs: number): boolean {
  return version.legalHold === true || (version.retention !== undefined && version.retention.retainUntilMs > nowMs);
}

/** Whether a version of a bucket may be deleted by this call: a legal hold beats all, compliance all but a legal hold. */
export function canDelete(call: Call, bucket: Bucket, version: ObjectVersion, target: Target): boolean {
  if (isHeld(bucket, version, call.nowMs)) return false;
  if (!isLocked(version, call.nowMs)) return true;
  return version.legalHold !== true && version.retention?.mode === 'GOVERNANCE' && mayBypass(call, target);
}

/** It must be asked for, and be allowed. */
function mayBypass(call: Call, target: Target): boolean {
  const isAsked = call.headers['x-amz-bypass-governance-retention']?.toLowerCase() === 'true';
  return isAsked && call.permissions.may('s3:BypassGovernanceRetention', target);
}

/** What a write sets on the new version: the headers of the request, else the default of the bucket. */
export function lockOfWrite(call: Call, bucket: Bucket): Pick<ObjectVersion, 'retention' | 'legalHold'> {
  const mode = call.headers['x-amz-object-lock-mode'];
  const until = call.headers['x-amz-object-lock-retain-until-date'];
  const hold = call.headers['x-amz-object-lock-legal-hold'];
  if ((mode ?? until ?? hold) !== undefined) requireLock(bucket);
  if ((mode === undefined) !== (until === undefined)) {
    throw invalidArgument('mode and retain-until-date go together', 'x-amz-object-lock-mode', mode ?? '');
  }
  const legalHold = hold === undefined ? undefined : readHold(hold);
  const retention =
    mode === undefined ? defaultRetention(bucket, call.nowMs) : readRetention(mode, until ?? '', call.nowMs);
  return { retention, legalHold };
}

function readHold(value: string): boolean {
  if (!/^(?:on|off)$/iu.test(value)) throw invalidArgument('ON or OFF', 'x-amz-object-lock-legal-hold', value);
  return value.toUpperCase() === 'ON';
}

function readRetention(mode: string, until: string, nowMs: number): Retention {
  const known = MODES.find((candidate) => candidate === mode.toUpperCase());
  if (known === undefined) throw invalidArgument('GOVERNANCE or COMPLIANCE', 'x-amz-object-lock-mode', mode);
  return { mode: known, retainUntilMs: futureDate(until, nowMs) };
}

function futureDate(value: string, nowMs: number): number {
  const ms = Date.parse(value);
  if (Number.isNaN(ms)) throw invalidArgument('an ISO 8601 date is needed', 'RetainUntilDate', value);
  if (ms <= nowMs) throw invalidArgument('The retain until date must be in the future!', 'RetainUntilDate', value);
  return ms;
}

function defaultRetention(bucket: Bucket, nowMs: number): Retention | undefined {
  const rule = bucket.objectLock?.rule;
  if (rule === undefined) return undefined;
  return { mode: rule.mode, retainUntilMs: nowMs + (rule.days ?? (rule.years ?? 0) * 365) * DAY_MS };
}

function requireLock(bucket: Bucket): void {
  if (bucket.objectLock !== undefined) return;
  throw new ServiceError('InvalidRequest', { message: 'Bucket is missing Object Lock Configuration' });
}

/** `GET /BUCKET/KEY?retention` */
export const getObjectRetention = bucketRead('GetObjectRetention', (call, bucket) => {
  requireLock(bucket);
  const { retention } = addressedVersion(call, bucket);
  if (retention === undefined) throw new ServiceError('NoSuchObjectLockConfiguration');
  const value = { Mode: retention.mode, RetainUntilDate: isoTime(retention.retainUntilMs) };
  return xmlReply(writeDocument('Retention', retentionShape, value));
});

/** `PUT /BUCKET/KEY?retention`: longer always, shorter or gone only for governance with the bypass header. */
export const putObjectRetention = bucketWrite(
  'PutObjectRetention',
  (call, bucket) => {
    requireLock(bucket);
    const wanted = readDocument(call.body, 'Retention', retentionShape);
    if ((wanted.Mode === undefined) !== (wanted.RetainUntilDate === undefined)) {
      throw malformed('Retention has both Mode and RetainUntilDate, or neither');
    }
    const next: Retention | undefined =
      wanted.Mode === undefined
        ? undefined
        : { mode: wanted.Mode, retainUntilMs: futureDate(wanted.RetainUntilDate ?? '', call.nowMs) };
    const version = addressedVersion(call, bucket);
    if (
      weakens(version.retention, next, call.nowMs) &&
      !(version.retention?.mode === 'GOVERNANCE' && mayBypass(call, targetOf(call, bucket)))
    ) {
      throw new ServiceError('AccessDenied', { message: 'Access Denied because object protected by object lock.' });
    }
    version.retention = next;
    touch(call.state);
    return emptyReply();
  },
  { needsIntegrity: true },
);

function weakens(now: Retention | undefined, next: Retention | undefined, nowMs: number): boolean {
  if (now === undefined || now.retainUntilMs <= nowMs) return false;
  if (next === undefined || next.retainUntilMs < now.retainUntilMs) return true;
  return now.mode === 'COMPLIANCE' && next.mode === 'GOVERNANCE';
}

/** `GET /BUCKET/KEY?legal-hold` */
export const getObjectLegalHold = bucketRead('GetObjectLegalHold', (call, bucket) => {
  requireLock(bucket);
  const { legalHold } = addressedVersion(call, bucket);
  if (legalHold === undefined) throw new ServiceError('NoSuchObjectLockConfiguration');
  return xmlReply(writeDocument('LegalHold', legalHoldShape, { Status: legalHold ? 'ON' : 'OFF' }));
});

/** `PUT /BUCKET/KEY?legal-hold` */
export const putObjectLegalHold = bucketWrite(
  'PutObjectLegalHold',
  (call, bucket) => {
    requireLock(bucket);
    const { Status } = readDocument(call.body, 'LegalHold', legalHoldShape);
    addressedVersion(call, bucket).legalHold = Status === 'ON';
    touch(call.state);
    return emptyReply();
  },
  { needsIntegrity: true },
);
