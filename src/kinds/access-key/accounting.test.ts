import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountedFor, listsOf, viewOf } from './accounting.ts';
import type { KeyFacts, SecretFact } from './facts.ts';
import { mintOpenUntil, recover } from './recovery.ts';
import { book, expired, facts, INSIDE, key, mint, NOW, secret } from './testing/facts.ts';

test('deletion accounts for every key that the object made, and for no other', () => {
  const there = {
    book: book({ ownKeys: ['A', 'GONE'], claimedKeys: ['C'], inheritedKeys: ['I', 'GONE'], mint: mint(expired) }),
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
  assert.deepEqual(
    accountedFor(facts({ ...there, wanted: { type: 'Absent' } })).undelivered,
    [],
    'nothing is published',
  );
  assert.deepEqual(accountedFor(facts({ ...there, wanted: secret('A'), next: { type: 'NotOurs' } })).undelivered, []);
  assert.deepEqual(
    accountedFor(facts({ ...there, wanted: secret('A'), next: secret('F') })).undelivered,
    [],
    'not ours',
  );
  assert.deepEqual(accountedFor(facts({ ...there, wanted: secret('A'), keys: [key('A')] })).undelivered, [], 'gone');
});

test('keys of nobody are named in one order, whatever that of the listing is', () => {
  const listed = (...ids: readonly string[]) => viewOf(facts({ keys: ids.map((id) => key(id)) })).foreign;
  assert.deepEqual(listed('G', 'F'), ['F', 'G']);
  assert.deepEqual(listed('F', 'G'), ['F', 'G']);
});

test('a create that may still land is waited for, a refused one is not', () => {
  const open = (changes: Partial<KeyFacts>) => mintOpenUntil(facts(changes));
  assert.equal(open({}), undefined);
  assert.equal(open({ book: book({ mint: mint() }) }), undefined);
  assert.equal(open({ book: book({ mint: mint() }), isAnswerOpen: true }), NOW + 25_000);
  assert.equal(open({ book: book({ mint: mint({ holder: 'other' }) }) }), NOW + 25_000);
  assert.equal(open({ book: book({ mint: mint(expired) }), isAnswerOpen: true }), undefined);
  const endsAt = (untilMs: number) => open({ book: book({ mint: mint({ holder: 'other', untilMs }) }) });
  assert.deepEqual([endsAt(NOW - 5_000), endsAt(NOW - 4_999)], [undefined, NOW + 1], 'to the millisecond');
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

test('the lists of status: what is gone makes room, and what lives or was just made never goes', () => {
  const ids = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}${index}`);
  const [own, claimed, inherited] = [ids('O', 15), ids('C', 16), ids('I', 17)];
  const there = {
    book: book({ ownKeys: own, claimedKeys: claimed, inheritedKeys: inherited }),
    keys: own.map((id) => key(id)),
  };
  const lists = listsOf(viewOf(facts(there)), ['X']);
  assert.deepEqual(lists, { own: [...own, 'X'], claimed: claimed.slice(1), inherited: inherited.slice(2) });
  const few = listsOf(viewOf(facts({ book: book({ ownKeys: own }) })), []);
  assert.deepEqual(few.own, own, 'fifteen have room, though they are gone');
});
