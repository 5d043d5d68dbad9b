import { bucketRead, bucketWrite, emptyReply, xmlReply } from '../call.ts';
import { ServiceError } from '../errors.ts';
import { touch } from '../state.ts';
import type { XmlElement } from '../xml.ts';
import {
  integer,
  malformed,
  object,
  optional,
  readDocument,
  type Shape,
  text,
  type ValueOf,
  writeDocument,
} from '../xml-shape.ts';
import type { Subresource } from './subresource.ts';

/** Empty text reads as absent: an empty Mode and Days clear the default. */
function orEmpty<T>(shape: Shape<T>): Shape<T | ''> {
  return {
    read: (source: XmlElement) => (source.text.trim() === '' && source.children.length === 0 ? '' : shape.read(source)),
    write: (name, value) => shape.write(name, value as T),
  };
}

const retentionShape = object({
  Mode: optional(orEmpty(text(['GOVERNANCE', 'COMPLIANCE'], true))),
  Days: optional(orEmpty(integer(1))),
  Years: optional(orEmpty(integer(1))),
});
const shape = object({
  ObjectLockEnabled: optional(text(['Enabled'])),
  Rule: optional(object({ DefaultRetention: optional(retentionShape) })),
});

function ruleOf(retention: ValueOf<typeof retentionShape> | undefined) {
  const { Mode = '', Days = '', Years = '' } = retention ?? {};
  if (Mode === '' && Days === '' && Years === '') return undefined;
  if (Mode === '') throw malformed('DefaultRetention has no Mode');
  if ((Days === '') === (Years === '')) throw malformed('DefaultRetention has one of Days and Years');
  return { mode: Mode, ...(Days === '' ? {} : { days: Days }), ...(Years === '' ? {} : { years: Years }) };
}

/** `?object-lock`: only for buckets made with it (W13). */
export const objectLockConfiguration: Subresource = {
  query: 'object-lock',
  operations: {
    GET: bucketRead('GetObjectLockConfiguration', (_call, bucket) => {
      if (bucket.objectLock === undefined) throw new ServiceError('ObjectLockConfigurationNotFoundError');
      const { rule } = bucket.objectLock;
      const retention = rule && {
        Mode: rule.mode,
        ...(rule.days === undefined ? {} : { Days: rule.days }),
        ...(rule.years === undefined ? {} : { Years: rule.years }),
      };
      return xmlReply(
        writeDocument('ObjectLockConfiguration', shape, {
          ObjectLockEnabled: 'Enabled',
          ...(retention === undefined ? {} : { Rule: { DefaultRetention: retention } }),
        }),
      );
    }),
    PUT: bucketWrite(
      'PutObjectLockConfiguration',
      (call, bucket) => {
        const wanted = readDocument(call.body, 'ObjectLockConfiguration', shape);
        if (bucket.objectLock === undefined) {
          throw new ServiceError('InvalidBucketState', {
            message: 'Object Lock configuration cannot be enabled on existing buckets',
          });
        }
        bucket.objectLock = { rule: ruleOf(wanted.Rule?.DefaultRetention) };
        touch(call.state);
        return emptyReply();
      },
      { needsIntegrity: true },
    ),
  },
};
