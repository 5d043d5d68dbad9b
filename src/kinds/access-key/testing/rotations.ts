import type { KeyFacts, OpenRotation } from '../facts.ts';
import { book, DAY, expired, key, mint, NAMES, NOW, previous, rotate, secret } from './facts.ts';

/** Where a rotation stands, for tests: what was read at each of its steps, and the steps that follow in short. */

export const HOUR = 3_600_000;
const minutely = rotate({ intervalMs: 90 * DAY });

/** Keys that are revoked long ago. */
export function gone(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `GONE${index}`);
}

/** Open for the second hour from now on, and a day ago. */
export const missed = rotate({
  intervalMs: 90 * DAY,
  opensAt: (ms) => (ms <= NOW - DAY ? NOW - DAY : Math.max(ms, NOW + HOUR)),
});

/** A rotation that is in that step since so long ago, ms. */
export function step(name: OpenRotation['step'], ageMs = 60_000, previousKey?: string): OpenRotation {
  return { step: name, reason: 'Due', sinceMs: NOW - ageMs, previousKey };
}

/** A, 90 days old, is in the Secret and works. */
export const due = {
  rotate: minutely,
  book: book({ ownKeys: ['A'], currentKey: 'A' }),
  keys: [key('A', 90 * DAY)],
  wanted: secret('A'),
} satisfies Partial<KeyFacts>;
export const SWITCH = ['Keep', 'Record own=A,B Switching A', 'Switch', 'DropSecret next', 'Record own=A,B Retaining A'];
export const WHOLE = [
  'Announce 2 own=A Minting',
  'Mint Rotation',
  'WriteSecret next',
  'Record own=A +minted Probing',
  'Prove next',
  'Keep',
  'Record own=A +minted Switching A',
  'Switch',
  'DropSecret next',
  'Record own=A +minted Retaining A',
];
export const CLAIMED = WHOLE.map((one) => one.replace('own=A', 'claimed=A'));
const toNext = mint({ secretName: NAMES.next });
export const minting = {
  ...due,
  book: book({ ownKeys: ['A'], currentKey: 'A', rotation: step('Minting'), mint: toNext }),
};
/** Announced a minute ago by a process that is gone. */
export const lately = mint({ ...expired, fromMs: NOW - 65_000, untilMs: NOW - 35_000, secretName: NAMES.next });
export const asked = {
  ...due,
  rotate: rotate(),
  book: book({ ownKeys: ['A'], currentKey: 'A', rotation: { ...step('Failed', HOUR), reason: 'Requested' } }),
} satisfies Partial<KeyFacts>;
export const both = [key('A', 90 * DAY), key('B', 60_000)];
export const probing = {
  ...due,
  book: book({ ownKeys: ['A', 'B'], currentKey: 'A', rotation: step('Probing') }),
  keys: both,
  next: secret('B'),
} satisfies Partial<KeyFacts>;
export const switching = { ...probing, book: { ...probing.book, rotation: step('Switching', 1_000, 'A') } };
export const retaining = {
  rotate: minutely,
  book: book({
    ownKeys: ['A', 'B'],
    currentKey: 'B',
    previousSecrets: [NAMES.previous],
    rotation: step('Retaining', 7 * DAY, 'A'),
  }),
  keys: [key('A', 97 * DAY), key('B', 7 * DAY)],
  wanted: secret('B'),
  previous: [{ ...previous('A'), name: NAMES.previous }],
} satisfies Partial<KeyFacts>;
export const END = ['Revoke A Retired', 'DropSecret previous', 'Record own=A,B over'];
export const OLD = [{ ...previous('A'), name: NAMES.previous }];
export const FAILED = ['Record own=A,B Failed', 'Revoke B NeverWorked', 'DropSecret next'];
export const inactive = {
  ...retaining,
  book: { ...retaining.book, rotation: step('Deactivated', HOUR, 'A') },
  keys: [key('A', 97 * DAY, false), key('B', 7 * DAY)],
};
