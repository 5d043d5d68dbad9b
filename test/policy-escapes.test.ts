import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePolicy } from '../src/emulator/policy/document.ts';
import { verdictOf } from '../src/emulator/policy/evaluate.ts';
import { accessBeyond } from '../src/wasabi/policy/own-buckets.ts';
import { parseSpecPolicy } from '../src/wasabi/policy/parse.ts';
import { seeded, seedFrom } from './support/seeded.ts';

/**
 * S2: what a tenant's policy may grant is worked out by the operator; what it does grant is told here by the emulator's
 * evaluator of policies, which shares no code with it.
 */
const POLICIES = 100_000;
const seed = seedFrom('POLICY_SEED');
const OWN = new Set(['team-data', 'team.logs']);

const PARTS = [
  'team-data',
  'team.logs',
  'team',
  '-data',
  'other',
  '*',
  '?',
  '/',
  '/*',
  '${aws:username}',
  '.',
  ':',
  'x',
  '',
];
const PREFIXES = [
  'arn:aws:s3:::',
  'arn:aws:s3:::',
  'arn:aws:s3:::',
  'arn:aws:s3:::',
  'arn:*:s3:::',
  'arn:aws:*:::',
  'arn:aws:s3:*:*:',
  'arn:aws:iam:::',
  '',
  '*',
];
const ACTIONS = [
  's3:*',
  's3:GetObject',
  'S3:Put*',
  's3:?etObject',
  's3:Delete*',
  's3:List*',
  '*',
  's3*',
  'iam:*',
  'sts:AssumeRole',
  '?3:*',
  's3:**',
  'iam:CreateAccessKey',
];
const CONDITIONS = [
  undefined,
  { StringLike: { 's3:prefix': 'a/*' } },
  { Bool: { 'aws:SecureTransport': 'true' } },
  { StringNotEquals: { 'aws:username': 'reader' } },
];

/** Requests that no tenant with these buckets may make. */
const FORBIDDEN: readonly { readonly action: string; readonly resource: string }[] = [
  ...[
    'arn:aws:s3:::other',
    'arn:aws:s3:::team',
    'arn:aws:s3:::team-datax',
    'arn:aws:s3:::team-dat',
    'arn:aws:s3:::xteam-data',
    'arn:aws:s3:::teamxlogs',
    'arn:aws:s3:::reader',
  ].flatMap((bucket) => [
    { action: 's3:ListBucket', resource: bucket },
    { action: 's3:GetObject', resource: `${bucket}/team-data/x` },
    { action: 's3:PutObject', resource: `${bucket}/reader/x` },
  ]),
  { action: 's3:ListAllMyBuckets', resource: '*' },
  { action: 'iam:CreateAccessKey', resource: 'arn:aws:iam::100000000001:user/team-data' },
  { action: 'iam:CreateUser', resource: 'arn:aws:iam::100000000001:user/other' },
  { action: 'sts:AssumeRole', resource: 'arn:aws:iam::100000000001:role/team-data' },
];
/** Requests that such a tenant may be granted: a refusal of all would pass, too. */
const OWN_REQUEST = { action: 's3:GetObject', resource: 'arn:aws:s3:::team-data/x/y' };

const CONTEXT: Readonly<Record<string, readonly string[]>> = {
  'aws:username': ['reader'],
  'aws:securetransport': ['true'],
  's3:prefix': ['a/b'],
};

test(`S2: ${POLICIES} generated policies, as another evaluator sees them: none that is let through reaches a bucket of others`, (t) => {
  const random = seeded(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T; // none is empty
  const many = <T>(most: number, make: () => T): T[] => Array.from({ length: 1 + Math.floor(random() * most) }, make);
  const resource = () => {
    // Most generated texts would be nobody's: half of them are about own buckets, and so may be let through.
    if (random() < 0.5) return `arn:aws:s3:::${pick([...OWN])}${pick(['', '/*', '/a?', '/x/*', ''])}`;
    return `${pick(PREFIXES)}${many(4, () => pick(PARTS)).join('')}`;
  };
  const action = () => (random() < 0.7 ? pick(ACTIONS.slice(0, 6)) : pick(ACTIONS));
  const statement = () => ({
    effect: random() < 0.85 ? 'Allow' : 'Deny',
    [random() < 0.95 ? 'action' : 'notAction']: many(2, action),
    [random() < 0.95 ? 'resource' : 'notResource']: many(2, resource),
    ...(random() < 0.2 ? { condition: pick(CONDITIONS.slice(1)) } : {}),
  });
  const subject = { accountId: '100000000001', isRoot: false, names: ['arn:aws:iam::100000000001:user/reader'] };
  const context = (key: string) => CONTEXT[key.toLowerCase()];
  let [permitted, useful, refused] = [0, 0, 0];
  for (let count = 0; count < POLICIES; count += 1) {
    const spec = { statement: many(3, statement) };
    const document = (() => {
      try {
        return parseSpecPolicy(spec, { place: 'Inline' });
      } catch {
        return undefined; // no policy at all
      }
    })();
    if (document === undefined || accessBeyond(document, OWN).length > 0) {
      refused += 1;
      continue;
    }
    permitted += 1;
    const policies = [parsePolicy(JSON.stringify(document))];
    const isAllowed = (asked: (typeof FORBIDDEN)[number]) =>
      verdictOf(policies, { ...asked, subject, context }) === 'Allow';
    const escape = FORBIDDEN.find(isAllowed);
    assert.equal(escape, undefined, `POLICY_SEED=${seed}: ${JSON.stringify(spec)} allows ${JSON.stringify(escape)}`);
    if (isAllowed(OWN_REQUEST)) useful += 1;
  }
  t.diagnostic(`seed ${seed}: ${permitted} let through, of which ${useful} open an own object; ${refused} refused`);
  assert.ok(useful > POLICIES / 50 && refused > POLICIES / 50, `${useful} useful, ${refused} refused`);
});
