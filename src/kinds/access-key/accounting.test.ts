import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountedFor } from './accounting.ts';
import type { KeyFacts, SecretFact } from './facts.ts';
import { mintOpenUntil, recover } from './recovery.ts';
import { book, expired, facts, INSIDE, key, mint, NOW, secret } from './testing/facts.ts';

test('deletion accounts for every key that the object made, and for no other', () => {
  const there = {
    book: book({ ownKeys: ['A', 'GONE'], claimedKeys: ['C'], inheritedKeys: ['I'], mint: mint(expired) }),
    keys: [key('A'), key('C'), key('I'), key('X', INSIDE), key('F')],
    mintedId: 'M',
  };
  const { mine, undelivered, unproven } = accountedFor(facts(there));
  assert.deepEqual([[...mine].toSorted(), [...undelivered].toSorted(), unproven], [['A', 'C', 'M', 'X'], ['X'], ['I']]);
});

test('what a rotation has not published yet is undelivered, until it is', () => {
  const there = { book: book({ ownKeys: ['A', 'B'] }), keys: [key('A'), key('B')], next: secret('B') };
  assert.deepEqual(accountedFor(facts({ ...there, wanted: secret('A') })).undelivered, ['B']);
  assert.deepEqual(accountedFor(facts({ ...there, wanted: secret('B') })).undelivered, []);
});

test('a create that may still land is waited for, a refused one is not', () => {
  const open = (changes: Partial<KeyFacts>) => mintOpenUntil(facts(changes));
  assert.equal(open({}), undefined);
  assert.equal(open({ book: book({ mint: mint() }) }), undefined);
  assert.equal(open({ book: book({ mint: mint() }), isAnswerOpen: true }), NOW + 25_000);
  assert.equal(open({ book: book({ mint: mint({ holder: 'other' }) }) }), NOW + 25_000);
  assert.equal(open({ book: book({ mint: mint(expired) }), isAnswerOpen: true }), undefined);
});

test('whatever is found, no third key is asked for and no key of others is revoked', () => {
  const someKeys = [key('A'), key('F'), key('X', INSIDE), key('Y', 5_000)];
  const secrets: readonly SecretFact[] = [
    { type: 'Absent' },
    { type: 'NotOurs' },
    ...['A', 'F', 'X', 'Z', undefined].flatMap((id) =>
      (['Works', 'Pending', 'Wrong', 'Inactive', 'Untried'] as const).map((credential) => secret(id, { credential })),
    ),
  ];
  const mints = [undefined, mint(), mint(expired), mint({ holder: 'other' })];
  for (let bits = 0; bits < 1 << someKeys.length; bits += 1) {
    const keys = someKeys.filter((_, index) => (bits & (1 << index)) !== 0);
    for (const wanted of secrets) {
      for (const open of mints) {
        for (const mintedId of [undefined, 'Y']) {
          const there = facts({ keys, wanted, mintedId, book: book({ ownKeys: ['A'], mint: open, currentKey: 'A' }) });
          const { steps } = recover(there);
          const revoked = steps.flatMap((step) => (step.type === 'Revoke' ? [step.keyId] : []));
          assert.ok(!revoked.includes('F'), 'a foreign key');
          const before = steps.findIndex(({ type }) => type === 'Mint');
          if (before === -1) continue;
          const ended = steps.slice(0, before).flatMap((step) => (step.type === 'Revoke' ? [step.keyId] : []));
          assert.ok(keys.filter(({ id }) => !ended.includes(id)).length <= 1, 'room for one more');
          assert.ok(
            steps.slice(0, before).some(({ type }) => type === 'Announce'),
            'announced',
          );
        }
      }
    }
  }
});
