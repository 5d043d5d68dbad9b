import { bucketRead, bucketWrite, emptyReply, invalidArgument, isoTime, xmlReply } from '../call.ts';
import { type Compliance, retainedUntilMs, type VersionCompliance } from '../compliance.ts';
import { ServiceError } from '../errors.ts';
import { sha256Hex } from '../sigv4.ts';
import { type Bucket, type ObjectVersion, touch } from '../state.ts';
import { addressedVersion } from '../versions.ts';
import {
  boolean,
  date,
  integer,
  object,
  optional,
  readDocument,
  required,
  text,
  type ValueOf,
  writeDocument,
} from '../xml-shape.ts';
import type { Subresource } from './subresource.ts';

const bucketShape = object({
  Status: required(text(['enabled', 'disabled'], true)),
  LockTime: optional(text()),
  IsLocked: optional(boolean()), // read back only
  RetentionDays: required(integer(0)),
  ConditionalHold: optional(boolean()),
  DeleteAfterRetention: optional(boolean()),
});

const objectShape = object({
  RetentionTime: optional(date()),
  ConditionalHold: optional(boolean()),
  LegalHold: optional(boolean()),
  SHA256: optional(text()), // read back only
});

const NONE: Compliance = {
  isEnabled: false,
  lockTimeMs: 'off',
  retentionDays: 0,
  conditionalHold: false,
  deleteAfterRetention: false,
};

function isLockedNow({ lockTimeMs }: Compliance, nowMs: number): boolean {
  return lockTimeMs !== 'off' && lockTimeMs <= nowMs;
}

/** `now`, `off` or a date; what is locked stays so when nothing is said. @throws ServiceError InvalidArgument */
function lockTimeOf(given: string | undefined, before: Compliance, nowMs: number): Compliance['lockTimeMs'] {
  if (given === undefined) return isLockedNow(before, nowMs) ? before.lockTimeMs : 'off';
  if (given === 'off') return given;
  const ms = given === 'now' ? nowMs : Date.parse(given);
  if (Number.isNaN(ms)) throw invalidArgument('LockTime is a date, now or off', 'LockTime', given);
  return isLockedNow(before, nowMs) && given === 'now' ? before.lockTimeMs : ms;
}

/** @throws ServiceError AccessDenied where a locked setting would become less */
function refuseReduction(before: Compliance, wanted: Compliance, nowMs: number): void {
  if (!isLockedNow(before, nowMs)) return;
  const isLater = wanted.lockTimeMs === 'off' || wanted.lockTimeMs > Number(before.lockTimeMs);
  const isLess = !wanted.isEnabled || wanted.retentionDays < before.retentionDays;
  if (isLater || isLess) {
    throw new ServiceError('AccessDenied', { message: 'The compliance settings are locked and cannot be reduced.' });
  }
}

/** `?compliance` of a bucket: Wasabi's own, older than object lock, and never beside it (W14). */
export const bucketCompliance: Subresource = {
  query: 'compliance',
  operations: {
    GET: bucketRead('GetBucketCompliance', (call, bucket) => {
      const { compliance: found } = bucket;
      if (found === undefined && call.settings.quirks.unsetCompliance === 'missing') {
        throw new ServiceError('NoSuchComplianceConfiguration', { elements: { BucketName: bucket.name } });
      }
      const compliance = found ?? NONE;
      const { lockTimeMs } = compliance;
      return xmlReply(
        writeDocument('BucketComplianceConfiguration', bucketShape, {
          Status: compliance.isEnabled ? 'enabled' : 'disabled',
          LockTime: lockTimeMs === 'off' ? lockTimeMs : isoTime(lockTimeMs),
          IsLocked: isLockedNow(compliance, call.nowMs),
          RetentionDays: compliance.retentionDays,
          ConditionalHold: compliance.conditionalHold,
          DeleteAfterRetention: compliance.deleteAfterRetention,
        }),
      );
    }),
    PUT: bucketWrite('PutBucketCompliance', (call, bucket) => {
      const given = readDocument(call.body, 'BucketComplianceConfiguration', bucketShape);
      if (bucket.objectLock !== undefined) {
        throw new ServiceError('InvalidBucketState', { message: 'A bucket has object lock or compliance, not both.' });
      }
      const before = bucket.compliance ?? NONE;
      const wanted: Compliance = {
        isEnabled: given.Status === 'enabled',
        lockTimeMs: lockTimeOf(given.LockTime, before, call.nowMs),
        retentionDays: given.RetentionDays,
        conditionalHold: given.ConditionalHold ?? false,
        deleteAfterRetention: given.DeleteAfterRetention ?? false,
      };
      refuseReduction(before, wanted, call.nowMs);
      bucket.compliance = wanted;
      touch(call.state);
      return emptyReply();
    }),
  },
};

/** `?compliance` of an object, within what its bucket demands. */
export const objectCompliance: Subresource = {
  query: 'compliance',
  operations: {
    GET: bucketRead('GetObjectCompliance', (call, bucket) => {
      requireCompliance(bucket);
      const version = addressedVersion(call, bucket);
      return xmlReply(
        writeDocument('ObjectComplianceConfiguration', objectShape, {
          RetentionTime: isoTime(retainedUntilMs(bucket, version)),
          ConditionalHold: version.compliance?.isOnHold ?? false,
          LegalHold: version.compliance?.legalHold ?? false,
          SHA256: sha256Hex(call.state.bodies.get(version.bodyId ?? '')),
        }),
      );
    }),
    PUT: bucketWrite('PutObjectCompliance', (call, bucket) => {
      requireCompliance(bucket);
      const given = readDocument(call.body, 'ObjectComplianceConfiguration', objectShape);
      const version = addressedVersion(call, bucket);
      version.compliance = changed(bucket, version, given, call.nowMs);
      touch(call.state);
      return emptyReply();
    }),
  },
};

function requireCompliance(bucket: Bucket): void {
  if (bucket.compliance?.isEnabled === true) return;
  throw new ServiceError('InvalidRequest', { message: 'Compliance is not enabled for this bucket.' });
}

/** A hold is released once and for all, a retention is only ever made longer. @throws ServiceError InvalidArgument */
function changed(
  bucket: Bucket,
  version: ObjectVersion,
  given: ValueOf<typeof objectShape>,
  nowMs: number,
): VersionCompliance {
  const { compliance: before = {} } = version;
  const { ConditionalHold, LegalHold: legalHold, RetentionTime } = given;
  const wasOnHold = before.isOnHold === true;
  if (ConditionalHold === true && !wasOnHold) {
    throw invalidArgument('a conditional hold can only be released', 'ConditionalHold', 'true');
  }
  const isReleased = ConditionalHold === false && wasOnHold;
  const now = { ...before, ...(isReleased ? { isOnHold: false, releasedMs: nowMs } : {}) };
  const held = { ...now, ...(legalHold === undefined ? {} : { legalHold }) };
  if (RetentionTime === undefined) return held;
  const retainUntilMs = Date.parse(RetentionTime);
  if (retainUntilMs >= retainedUntilMs(bucket, { ...version, compliance: held })) return { ...held, retainUntilMs };
  throw invalidArgument('the retention time must be past that of the bucket', 'RetentionTime', RetentionTime);
}
