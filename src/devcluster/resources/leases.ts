import { type FieldError, invalid } from '../field-error.ts';
import { objectOf, omit, textOf } from '../json.ts';
import type { ApiObject } from '../object.ts';
import { ageColumn, column, nameColumn } from '../table/columns.ts';
import type { BuiltinKind } from './builtin.ts';

function errors(object: ApiObject): FieldError[] {
  const spec = objectOf(object.spec);
  const found: FieldError[] = [];
  const { leaseDurationSeconds, leaseTransitions } = spec;
  if (typeof leaseDurationSeconds === 'number' && leaseDurationSeconds <= 0)
    found.push(invalid('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0'));
  if (typeof leaseTransitions === 'number' && leaseTransitions < 0)
    found.push(invalid('spec.leaseTransitions', leaseTransitions, 'must be greater than or equal to 0'));
  return found;
}

/** coordination.k8s.io/v1 Lease: times have microseconds. */
export const leases: BuiltinKind = {
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  singular: 'lease',
  kind: 'Lease',
  isNamespaced: true,
  isUnconditionalUpdateRefused: true,
  allowsCreateOnUpdate: true,
  fields: {
    spec: {
      name: 'LeaseSpec',
      fields: {
        holderIdentity: 'text',
        leaseDurationSeconds: 'int',
        acquireTime: 'microtime',
        renewTime: 'microtime',
        leaseTransitions: 'int',
        strategy: 'text',
        preferredHolder: 'text',
      },
    },
  },
  // A struct that is not a pointer: always there, be it empty.
  // The last two belong to a feature that is off.
  defaults: (object) => ({ ...object, spec: omit(objectOf(object.spec), 'strategy', 'preferredHolder') }),
  errors,
  columns: [
    nameColumn,
    column('Holder', 'Who holds the lease.', (object) => textOf(objectOf(object.spec).holderIdentity)),
    ageColumn,
  ],
};
