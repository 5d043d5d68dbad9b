import assert from 'node:assert/strict';
import type { ManagedResource } from '../../src/managed/kind.ts';

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;
const PASCAL_CASE = /^[A-Z][A-Za-z0-9]*$/;
const ABNORMAL = new Set(['Reconciling', 'Stalled', 'Unsupported', 'DeletionBlocked', 'Drifted']);

/** What holds of every status that the operator wrote, whatever happened. */
export function expectValidStatus(object: ManagedResource): void {
  const { status, metadata } = object;
  assert.ok(status, 'there is a status');
  const conditions = status.conditions ?? [];
  const types = conditions.map(({ type }) => type);
  assert.equal(new Set(types).size, types.length, 'each type once');
  assert.ok(types.includes('Synced'), 'Synced is always there');
  for (const condition of conditions) {
    const where = `condition ${condition.type}`;
    assert.match(condition.reason ?? '', PASCAL_CASE, `${where}: reason`);
    assert.match(condition.lastTransitionTime ?? '', RFC3339, `${where}: lastTransitionTime`);
    assert.ok((condition.message ?? '').length <= 1_024, `${where}: message`);
    assert.doesNotMatch(condition.message ?? '', /[\r\n]/, `${where}: message on one line`);
    assert.ok((condition.observedGeneration ?? 0) <= (metadata.generation ?? 0), `${where}: observedGeneration`);
    if (ABNORMAL.has(condition.type)) assert.equal(condition.status, 'True', `${where}: present only while True`);
  }
  assert.ok((status.observedGeneration ?? 0) <= (metadata.generation ?? 0), 'observedGeneration');
  const synced = conditions.find(({ type }) => type === 'Synced');
  if (synced?.status === 'True')
    assert.equal(status.observedGeneration, metadata.generation, 'a verdict on this generation');
}
