import assert from 'node:assert/strict';
import type { Answer } from './client.ts';
import { at, listAt } from './json.ts';

/** A cause that says no more than that the server stopped after the schema: it is not compared. */
const uncheckedRules = /some validation rules were not checked/;

/** One entry of details.causes. */
export interface Cause {
  readonly reason?: string;
  readonly field?: string;
  readonly message?: string | RegExp;
}

/** What a refusal must look like. */
export interface Refusal {
  readonly code: number;
  readonly reason: string;
  readonly message?: RegExp | string;
  /** Exactly these causes, in any order, repetitions ignored; what is left out may be anything. */
  readonly causes?: readonly Cause[];
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
  // The server may check one thing twice, and then it says so twice.
  const texts = new Set(listAt(answer.body, 'details.causes').map((cause) => JSON.stringify(cause)));
  const left = [...texts].filter((text) => !uncheckedRules.test(text)).map((text): unknown => JSON.parse(text));
  for (const wanted of refusal.causes) {
    const index = left.findIndex((cause) => isSuch(cause, wanted));
    assert.notEqual(index, -1, `no cause like ${JSON.stringify(wanted)} in ${answer.text}`);
    left.splice(index, 1);
  }
  assert.deepEqual(left, [], `more causes than expected: ${answer.text}`);
}

function isSuch(cause: unknown, wanted: Cause): boolean {
  return (
    (wanted.reason === undefined || at(cause, 'reason') === wanted.reason) &&
    (wanted.field === undefined || at(cause, 'field') === wanted.field) &&
    (wanted.message === undefined || matches(at(cause, 'message'), wanted.message))
  );
}

function expectText(actual: unknown, expected: string | RegExp, context: string): void {
  if (typeof expected === 'string') assert.equal(actual, expected, context);
  else assert.match(String(actual), expected, context);
}

function matches(actual: unknown, expected: string | RegExp): boolean {
  return typeof expected === 'string' ? actual === expected : expected.test(String(actual));
}
