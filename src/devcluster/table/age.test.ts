import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ageText } from './age.ts';

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;

const ages: readonly (readonly [seconds: number, text: string])[] = [
  [-3, '<invalid>'],
  [-1, '0s'],
  [0, '0s'],
  [119, '119s'],
  [120, '2m'],
  [200, '3m20s'],
  [600, '10m'],
  [3 * HOUR_S - 1, '179m'],
  [3 * HOUR_S, '3h'],
  [3 * HOUR_S + 61, '3h1m'],
  [47 * HOUR_S, '47h'],
  [2 * DAY_S, '2d'],
  [2 * DAY_S + HOUR_S, '2d1h'],
  [9 * DAY_S, '9d'],
  [729 * DAY_S, '729d'],
  [731 * DAY_S, '2y1d'],
  [3000 * DAY_S, '8y'],
];

for (const [seconds, text] of ages)
  test(`age: ${seconds} s is ${text}`, () => assert.equal(ageText(1_000_000, 1_000_000 + seconds * 1000), text));
