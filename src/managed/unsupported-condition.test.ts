import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeConditions } from './conditions.ts';
import { unsupportedCondition, unsupportedSettings } from './unsupported-condition.ts';

/** What can be read from the condition as it is stored. */
function stored(fields: readonly string[]): readonly string[] {
  return [...unsupportedSettings(mergeConditions([], unsupportedCondition(fields), 1, 0))].toSorted();
}

test('unsupported: the settings of a stored condition are those it was made of, each once', () => {
  assert.deepEqual(stored([]), []);
  const transitions = ['1', 'two, three'].map((name) => `spec.lifecycle.rules[${name}].transitions`);
  assert.deepEqual(stored(['spec.cors', ...transitions]), ['spec.cors', 'spec.lifecycle.rules[].transitions']);
});

test('unsupported: a message that was cut names no setting that there is not', () => {
  const many = Array.from({ length: 100 }, (_each, index) => `spec.lifecycle.rules[${index}].transitions`);
  assert.deepEqual(stored(many), ['spec.lifecycle.rules[].transitions']);
});
