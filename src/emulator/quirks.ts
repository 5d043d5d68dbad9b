/** One switch between readings of what the service does. */
interface Switch {
  /** The row of docs/wasabi.md. */
  readonly row: string;
  readonly about: string;
  /** The first one, which has the best evidence, is the default. */
  readonly values: readonly [string | boolean, ...(string | boolean)[]];
}

/**
 * Where Wasabi's behaviour is not known for certain, or was seen in two forms. `docs/wasabi.md` has a numbered row for
 * each, with its source and why the default was chosen.
 */
const QUIRKS = {
  wrongRegion: {
    row: 'W6',
    about: "Answer to a write, or HeadBucket, through another region's endpoint",
    values: ['PermanentRedirect', 'TemporaryRedirect', 'BadRequest'],
  },
  encryption: {
    row: 'W7',
    about: 'Bucket encryption configuration',
    values: ['refused', 'accepted'],
  },
  cors: {
    row: 'W19',
    about: 'PutBucketCors and its kin',
    values: ['refused', 'accepted'],
  },
  publicAccessBlock: {
    row: 'W22',
    about: 'Public access block; `empty` is answered and never stored',
    values: ['refused', 'empty', 'accepted'],
  },
  kms: {
    row: 'W9',
    about: 'The refusal of encryption with a key of a KMS',
    values: ['NotImplemented', 'InvalidArgument'],
  },
  lifecycleTransitions: {
    row: 'W17',
    about: 'Lifecycle rules with transitions: 501, 400 `InvalidArgument` (`invalid`), or left out',
    values: ['refused', 'invalid', 'ignored'],
  },
  forceDelete: {
    row: 'W11',
    about: '`DELETE /BUCKET?force_delete=true`; `ignored` is a plain DeleteBucket',
    values: ['honoured', 'ignored'],
  },
  lockedForceDelete: {
    row: 'W11',
    about: 'The refusal of `force_delete` where something is locked or held',
    values: ['AccessDenied', 'BucketNotEmpty'],
  },
  uploadsBlockDelete: {
    row: 'W10',
    about: 'Whether multipart uploads in progress keep a bucket from being deleted',
    values: [true, false],
  },
  unsetCompliance: {
    row: 'W14',
    about: 'What a bucket answers that never had compliance: a document that says disabled, or 404',
    values: ['disabled', 'missing'],
  },
  bucketPolicies: {
    row: 'W20',
    about: 'How bucket policies and the policies of users go together',
    values: ['union', 'strict'],
  },
  unknownPrincipals: {
    row: 'W20',
    about: 'Bucket policies that name users, roles or accounts which are not there',
    values: ['accepted', 'refused'],
  },
  publicAccess: {
    row: 'W21',
    about: 'Public ACLs and public bucket policies',
    values: ['refused', 'accepted'],
  },
  replicationRole: {
    row: 'W25',
    about: 'Whether replication needs a role',
    values: ['optional', 'required'],
  },
  checksums: {
    row: 'W27',
    about: 'CRC64NVME checksums, and `x-amz-checksum-mode` in a presigned GET',
    values: ['strict', 'aws'],
  },
  trailers: {
    row: 'W27',
    about: 'aws-chunked bodies that end in trailers',
    values: ['refused', 'accepted'],
  },
  integrityRequired: {
    row: 'W44',
    about: 'Whether the calls for which AWS demands Content-MD5 or a checksum header are refused without one',
    values: [true, false],
  },
  conditionalPut: {
    row: 'W28',
    about: '`If-Match` and `If-None-Match` on PUT',
    values: ['enforced', 'ignored'],
  },
  errorShape: {
    row: 'W35',
    about: 'The root of S3 error documents; `alternating` gives both, in turn',
    values: ['Error', 'ErrorResponse', 'alternating'],
  },
  queryAuthErrors: {
    row: 'W1',
    about: "Codes of a refused signature on IAM and STS: Wasabi's table, or those of AWS (InvalidClientTokenId)",
    values: ['wasabi', 'aws'],
  },
  iamTags: {
    row: 'W30',
    about: 'Tags given to CreateUser, CreatePolicy and CreateRole; `refused` is 400 `InvalidInput`',
    values: ['ignored', 'refused'],
  },
  missingEntity: {
    row: 'W33',
    about: 'The code for an entity that is not there; `alternating` gives both, in turn',
    values: ['NoSuchEntity', 'NoSuchEntityException', 'alternating'],
  },
  policyDocuments: {
    row: 'W29',
    about: 'How IAM writes policies in its answers',
    values: ['encoded', 'plain'],
  },
  repeatedMembership: {
    row: 'W29',
    about: 'A user that is put into a group again',
    values: ['accepted', 'refused'],
  },
  newKeyError: {
    row: 'W34',
    about: 'The refusal of a key that is not in effect yet',
    values: ['InvalidAccessKeyId', 'AccessDenied'],
  },
  recreateInUsEast1: {
    row: 'W4',
    about: 'Answer to an own bucket that is created again in us-east-1',
    values: ['ok', 'conflict'],
  },
  bucketRegionHeader: {
    row: 'W6',
    about: 'Whether `x-amz-bucket-region` is sent',
    values: [false, true],
  },
  unsupported: {
    row: 'W23',
    about: 'Answer to the subresources that Wasabi does not have',
    values: ['MethodNotAllowed', 'NotImplemented'],
  },
} as const satisfies Readonly<Record<string, Switch>>;

/** The name of a switch. */
export type QuirkName = keyof typeof QUIRKS;

/** One reading for each switch. */
export type Quirks = { readonly [Name in QuirkName]: (typeof QUIRKS)[Name]['values'][number] };

const entries = Object.entries(QUIRKS) as readonly (readonly [QuirkName, Switch])[];

/** The reading of each switch that has the best evidence. */
export const DEFAULT_QUIRKS = Object.fromEntries(entries.map(([name, { values }]) => [name, values[0]])) as Quirks; // each value is the first of its own row

/** A switch with the row of docs/wasabi.md that it belongs to, and its readings, the default first. */
export interface QuirkRow extends Pick<Switch, 'row' | 'values'> {
  readonly name: QuirkName;
}

/** Every switch, in the order in which they are documented. */
export const QUIRK_ROWS: readonly QuirkRow[] = entries.map(([name, { row, values }]) => ({ name, row, values }));

/** Every reading of each switch. */
export const QUIRK_VALUES: Readonly<Record<QuirkName, Switch['values']>> = Object.fromEntries(
  entries.map(([name, { values }]) => [name, values]),
) as Record<QuirkName, Switch['values']>; // of the same names

/**
 * Readings from texts such as `wrongRegion=BadRequest`.
 * @throws Error naming the text and what it could be
 */
export function quirksFrom(texts: readonly string[]): Partial<Quirks> {
  return Object.fromEntries(texts.map(quirkFrom));
}

function quirkFrom(text: string): readonly [QuirkName, string | boolean] {
  const [name, value] = text.split('=', 2);
  const entry = entries.find(([known]) => known === name);
  if (entry === undefined)
    throw new Error(`${text}: no such switch; there are ${entries.map(([each]) => each).join(', ')}`);
  const { values } = entry[1];
  const found = values.find((each) => String(each) === value);
  if (found === undefined) throw new Error(`${text}: ${entry[0]} is one of ${values.join(', ')}`);
  return [entry[0], found];
}

/** The rows of the table of switches in Markdown. */
export function quirksMarkdown(): string {
  const rows = entries.map(([name, { row, about, values }]) => {
    const [first, ...others] = values.map((value) => `\`${String(value)}\``);
    return `| \`${name}\` | ${about} | ${first} | ${others.join(', ')} | [${row}](../wasabi.md) |`;
  });
  return ['| Switch | What it decides | Default | Others | Row |', '| --- | --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
}
