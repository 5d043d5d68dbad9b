import assert from 'node:assert/strict';
import { test } from 'node:test';
import { policyNameOf, withAccount } from './arn.ts';
import { parseSpecPolicy } from './parse.ts';

const account = '100000000001';
const parsed = (...statement: readonly object[]) => parseSpecPolicy({ statement }, { place: 'Bucket' });
const base = { effect: 'Allow', action: 's3:*', resource: 'arn:aws:s3:::b' };

test('L47: open accounts of principals become the account; nothing else is touched', () => {
  const open = parsed(
    {
      ...base,
      principal: ['arn:aws:iam::wasabi:user/a', '*', 'arn:aws:iam::*:user/b', 'arn:aws:iam::100000000002:user/c'],
    },
    { ...base, notPrincipal: { AWS: ['arn:aws:iam:::root', 'arn:aws:iam::wasabi:user/a'], Service: '*' } },
    { ...base, principal: '*', resource: 'arn:aws:iam::*:user/a' },
  );
  const { document, replaced } = withAccount(open, account);
  assert.deepEqual(replaced, ['arn:aws:iam::*:user/b', 'arn:aws:iam:::root', 'arn:aws:iam::wasabi:user/a']);
  assert.deepEqual(
    document,
    parsed(
      {
        ...base,
        principal: [
          `arn:aws:iam::${account}:user/a`,
          '*',
          `arn:aws:iam::${account}:user/b`,
          'arn:aws:iam::100000000002:user/c',
        ],
      },
      {
        ...base,
        notPrincipal: { AWS: [`arn:aws:iam::${account}:root`, `arn:aws:iam::${account}:user/a`], Service: '*' },
      },
      { ...base, principal: '*', resource: 'arn:aws:iam::*:user/a' },
    ),
  );
  assert.deepEqual(withAccount(document, account), { document, replaced: [] });
});

const names: readonly [arn: string, name: string | undefined][] = [
  ['arn:aws:iam::*:policy/team-a.read', 'team-a.read'],
  ['arn:aws:iam::100000000001:policy/a', 'a'],
  ['arn:aws:iam:::policy/a', 'a'],
  ['arn:aws:iam::aws:policy/service-role/Some+Name=,@_', 'Some+Name=,@_'],
  ['arn:aws:iam::100000000001:user/a', undefined],
  ['arn:aws:iam::100000000001:policy/', undefined],
  ['arn:aws:iam::100000000001:policy/a b', undefined],
  ['arn:aws:iam::100000000001:policy/a\nb', undefined],
  [`arn:aws:iam::100000000001:policy/${'a'.repeat(129)}`, undefined],
  ['a', undefined],
];
for (const [arn, name] of names) {
  test(`policyNameOf: ${JSON.stringify(arn.slice(0, 60))}`, () => assert.equal(policyNameOf(arn), name));
}
