import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ABANDON,
  CLAIM_KEYS,
  FREEZE,
  RECONCILE_REQUESTED_AT,
  RELEASED_FROM,
  REVOKE_KEYS,
  ROTATE_REQUESTED_AT,
} from './annotations.ts';
import { initialPriority } from './initial-priority.ts';
import type { ManagedResource } from './kind.ts';

interface Found {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly deletionTimestamp?: string;
  readonly ready?: 'True' | 'False';
  readonly readyOf?: number;
  readonly status?: object;
}

/** An AccessKey of generation 3. */
function found({ annotations, deletionTimestamp, ready, readyOf = 3, status = {} }: Found): ManagedResource {
  const condition = {
    type: 'Ready',
    status: ready ?? 'True',
    reason: 'Because',
    message: '',
    observedGeneration: readyOf,
    lastTransitionTime: '2026-02-01T00:00:00Z',
  };
  return {
    apiVersion: 's3.cloud37.dev/v1alpha1',
    kind: 'AccessKey',
    metadata: {
      name: 'k',
      namespace: 'a',
      uid: 'u',
      resourceVersion: '1',
      generation: 3,
      creationTimestamp: '2026-02-01T00:00:00Z',
      ...(annotations && { annotations }),
      ...(deletionTimestamp && { deletionTimestamp }),
    },
    spec: {},
    status: { ...status, conditions: ready === undefined ? [] : [condition] },
  };
}

const at = (annotation: string, value = 'true') => ({ annotations: { [annotation]: value }, ready: 'True' }) as const;

for (const [what, priority, object] of [
  ['as it should be', 'initial', { ready: 'True' }],
  ['released by another owner', 'initial', at(RELEASED_FROM)],
  ['new', 'retry', {}],
  ['not Ready', 'retry', { ready: 'False' }],
  ['being deleted', 'retry', { ready: 'True', deletionTimestamp: '2026-03-01T00:00:00Z' }],
  ['edited', 'user', { ready: 'True', readyOf: 2 }],
  ['edited while it was not Ready', 'user', { ready: 'False', readyOf: 2 }],
  ['frozen', 'user', at(FREEZE)],
  ['with keys to revoke', 'user', at(REVOKE_KEYS, 'AKIA1')],
  ['with keys to claim', 'user', at(CLAIM_KEYS, 'AKIA1')],
  ['abandoned', 'user', { ...at(ABANDON), deletionTimestamp: '2026-03-01T00:00:00Z' }],
  ['asked for', 'user', at(RECONCILE_REQUESTED_AT, 'now')],
  [
    'asked for, and answered',
    'initial',
    { ...at(RECONCILE_REQUESTED_AT, 'x'), status: { lastHandledReconcileAt: 'x' } },
  ],
  ['to be rotated', 'user', at(ROTATE_REQUESTED_AT, 'now')],
  ['rotated as asked', 'initial', { ...at(ROTATE_REQUESTED_AT, 'x'), status: { lastHandledRotateAt: 'x' } }],
] as const) {
  test(`an object that is ${what}, when a leader begins: ${priority}`, () => {
    assert.equal(initialPriority(found(object)), priority);
  });
}
