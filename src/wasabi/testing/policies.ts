import * as fc from 'fast-check';

/** A document as JSON, in AWS's spelling with lists: what respellings start from. */
export interface PlainStatement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal: { readonly AWS: readonly string[] };
  readonly Action?: readonly string[];
  readonly NotAction?: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}
export interface PlainDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly PlainStatement[];
}

const some = (...values: readonly string[]) =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 });

const actions = some('s3:GetObject', 's3:PutObject', 's3:ListBucket', 's3:Get*', '*');
const conditions = fc
  .record(
    {
      Bool: fc.record({ 'aws:SecureTransport': fc.constantFrom(['true'], ['false']) }),
      NumericLessThan: fc.record({ 's3:max-keys': some('10', '20', '1000') }),
      StringLike: fc.record(
        { 's3:prefix': some('', 'home/', 'Home/*'), 'aws:PrincipalTag/Team': some('a', 'b') },
        { requiredKeys: ['s3:prefix'] },
      ),
    },
    { requiredKeys: [] },
  )
  .filter((condition) => Object.keys(condition).length > 0);
const body = fc.record(
  {
    Effect: fc.constantFrom('Allow' as const, 'Deny' as const),
    Principal: fc.record({
      AWS: some('*', '100000000001', 'arn:aws:iam::100000000001:user/a', 'arn:aws:iam::100000000002:root'),
    }),
    Resource: some('arn:aws:s3:::b', 'arn:aws:s3:::b/*', 'arn:aws:s3:::b/Docs/*', 'arn:aws:s3:::b/docs/*'),
    Condition: conditions,
  },
  { requiredKeys: ['Effect', 'Principal', 'Resource'] },
);
const statement = fc
  .tuple(body, actions, fc.boolean())
  .map(([rest, named, isNegative]) => (isNegative ? { ...rest, NotAction: named } : { ...rest, Action: named }));

/** Bucket policies; about half of the statements have a Sid, and no two the same. */
export const plainDocuments: fc.Arbitrary<PlainDocument> = fc
  .array(fc.tuple(statement, fc.boolean()), { minLength: 1, maxLength: 4 })
  .map((statements) => ({
    Version: '2012-10-17' as const,
    Statement: statements.map(([one, isNamed], index) => (isNamed ? { Sid: `S${index}`, ...one } : one)),
  }));

/** The same document in another spelling: order, repetition, single or list, letter case, principal forms, scalars. */
export function respelled(document: PlainDocument, gen: fc.GeneratorValue): unknown {
  const coin = () => gen(fc.boolean);
  const listed = (values: readonly unknown[]): unknown => {
    const shuffled = shuffle(coin() ? [...values, ...values] : values, gen);
    return shuffled.length === 1 && coin() ? shuffled[0] : shuffled;
  };
  const named = (record: Readonly<Record<string, unknown>>): unknown =>
    Object.fromEntries(
      shuffle(Object.entries(record), gen).map(([key, value]) => [
        coin() ? key : key[0]?.toLowerCase() + key.slice(1),
        value,
      ]),
    );
  const cased = (values: readonly string[]) => listed(values.map((one) => (coin() ? one : one.toLowerCase())));
  const statements = document.Statement.map((one) =>
    named({
      ...one,
      Principal: principal(one.Principal.AWS, coin, listed),
      ...(one.Action === undefined ? {} : { Action: cased(one.Action) }),
      ...(one.NotAction === undefined ? {} : { NotAction: cased(one.NotAction) }),
      Resource: listed(one.Resource),
      ...(one.Condition === undefined && coin() ? {} : { Condition: condition(one.Condition ?? {}, coin, listed) }),
    }),
  );
  const repeated = statements.filter((_, index) => document.Statement[index]?.Sid === undefined && coin());
  const all = shuffle([...statements, ...repeated], gen);
  return named({ Version: document.Version, Statement: all.length === 1 && coin() ? all[0] : all });
}

type Listed = (values: readonly unknown[]) => unknown;

function principal(names: readonly string[], coin: () => boolean, listed: Listed): unknown {
  const forms = names.map((name) => {
    if (name === '100000000001' && coin()) return coin() ? 100_000_000_001 : 'arn:aws:iam::100000000001:root';
    return name === 'arn:aws:iam::100000000002:root' && coin() ? '100000000002' : name;
  });
  if (names.length === 1 && names[0] === '*' && coin()) return '*';
  return coin() ? listed(forms) : { [coin() ? 'AWS' : 'aws']: listed(forms) };
}

function condition(all: NonNullable<PlainStatement['Condition']>, coin: () => boolean, listed: Listed): unknown {
  return Object.fromEntries(
    Object.entries(all).map(([operator, tests]) => [
      coin() ? operator : operator.toUpperCase(),
      Object.fromEntries(
        Object.entries(tests).map(([key, values]) => {
          const [name = '', tag] = key.split('/');
          const folded = `${coin() ? name : name.toUpperCase()}${tag === undefined ? '' : `/${tag}`}`;
          return [folded, listed(values.map((value) => (operator === 'StringLike' ? value : scalar(value, coin))))];
        }),
      ),
    ]),
  );
}

function scalar(value: string, coin: () => boolean): unknown {
  if (coin()) return value;
  if (value === 'true' || value === 'false') return coin() ? value === 'true' : value.toUpperCase();
  return Number(value);
}

function shuffle<T>(values: readonly T[], gen: fc.GeneratorValue): readonly T[] {
  return gen(fc.shuffledSubarray<T>, [...values], { minLength: values.length, maxLength: values.length });
}

/** Documents that differ from the given one in meaning: each holds something that no arbitrary document has. */
export function changed(document: PlainDocument, index: number): readonly PlainDocument[] {
  const at = index % document.Statement.length;
  const one = document.Statement[at];
  if (one === undefined) return [];
  const replaced = (statement: PlainStatement): PlainDocument => ({
    ...document,
    Statement: document.Statement.toSpliced(at, 1, statement),
  });
  const { Action, NotAction, ...rest } = one;
  return [
    replaced({ ...one, ...(Action === undefined ? { NotAction: ['s3:Fresh'] } : { Action: ['s3:Fresh', ...Action] }) }),
    replaced({
      ...rest,
      ...(Action === undefined ? { NotAction: [...(NotAction ?? []), 's3:Fresh'] } : { NotAction: ['s3:Fresh'] }),
    }),
    replaced({ ...one, Resource: ['arn:aws:s3:::b/DOCS/*'] }),
    replaced({ ...one, Principal: { AWS: [...one.Principal.AWS, 'arn:aws:iam::100000000001:user/A'] } }),
    replaced({ ...one, Condition: { ...one.Condition, StringLike: { 's3:prefix': ['fresh'] } } }),
    replaced({ ...one, Condition: { ...one.Condition, StringLike: { 'aws:PrincipalTag/team': ['a'] } } }),
    replaced({ ...one, Condition: { ...one.Condition, StringLikeIfExists: { 's3:prefix': ['home/'] } } }),
    { ...document, Statement: [...document.Statement, { ...one, Sid: 'Fresh', Resource: ['arn:aws:s3:::b/new'] }] },
  ];
}
