import assert from 'node:assert/strict';
import type { Answer } from './client.ts';
import { at } from './json.ts';

/** A cause that says no more than that the server stopped after the schema: it is not compared. */
const uncheckedRules = /some validation rules were not checked/;

/** What a refusal must look like. */
export interface Refusal {
  readonly code: number;
  readonly reason: string;
  readonly message?: RegExp | string;
  /** Exactly these causes, in any order; a message that is left out may be anything. */
  readonly causes?: readonly {
    readonly reason?: string;
    readonly field?: string;
    readonly message?: string | RegExp;
  }[];
}

/** Asserts that the answer is a metav1.Status which says just that. */
export function expectRefused(answer: Answer, refusal: Refusal): void {
  assert.equal(answer.status, refusal.code, answer.text);
  assert.partialDeepStrictEqual(
    answer.body,
    { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: refusal.reason, code: refusal.code },
    answer.text,
  );
  if (refusal.message !== undefined) expectText(at(answer.body, 'message'), refusal.message, answer.text);
  if (refusal.causes === undefined) return;
  const causes = at(answer.body, 'details.causes');
  assert.ok(Array.isArray(causes), `no causes: ${answer.text}`);
  const left = causes.filter((cause) => !uncheckedRules.test(String(at(cause, 'message'))));
  for (const wanted of refusal.causes) {
    const index = left.findIndex(
      (cause) =>
        (wanted.reason === undefined || at(cause, 'reason') === wanted.reason) &&
        (wanted.field === undefined || at(cause, 'field') === wanted.field) &&
        (wanted.message === undefined || matches(at(cause, 'message'), wanted.message)),
    );
    assert.notEqual(index, -1, `no cause like ${JSON.stringify(wanted)} ${String(wanted.message)} in ${answer.text}`);
    left.splice(index, 1);
  }
  assert.deepEqual(left, [], `more causes than expected: ${answer.text}`);
}

function expectText(actual: unknown, expected: string | RegExp, context: string): void {
  if (typeof expected === 'string') assert.equal(actual, expected, context);
  else assert.match(String(actual), expected, context);
}

function matches(actual: unknown, expected: string | RegExp): boolean {
  return typeof expected === 'string' ? actual === expected : expected.test(String(actual));
}
