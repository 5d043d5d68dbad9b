import { z } from 'zod';
import { type FieldDoc, field } from './schema.ts';

const STATEMENTS = 'one text, or a list of texts';

/** An element that takes one text or a list, or an object: a CRD can only say that it is kept as written. */
function element(doc: FieldDoc) {
  return z
    .unknown()
    .meta(field(doc, { preservesUnknown: true }))
    .optional();
}

/** The elements of a statement that people write most; all others of the policy language are kept as written. */
export const statementFields = {
  sid: z
    .string()
    .max(256)
    .optional()
    .meta(
      field({
        what: 'Name of the statement within its document.',
        example: 'AllowRead',
        change: true,
        absent: 'the statement has no name',
      }),
    ),
  effect: z
    .string()
    .max(8)
    .optional()
    .meta(field({ what: 'Allow or Deny.', example: 'Allow', change: true, absent: 'refused: Effect must be given' })),
  action: element({
    what: `What may be done: ${STATEMENTS}.`,
    example: "['s3:GetObject', 's3:PutObject']",
    change: true,
    absent: 'notAction must be given',
  }),
  resource: element({
    what: `What it may be done to: ${STATEMENTS}.`,
    example: 'arn:aws:s3:::team-a-logs/*',
    change: true,
    absent: 'notResource must be given',
  }),
  condition: element({
    what: 'When the statement holds: operator, then condition key, then values.',
    example: '{Bool: {aws:SecureTransport: "true"}}',
    change: true,
    absent: 'always',
  }),
};

/** `principal`, which only the policy of a bucket has. */
export const principalField = element({
  what: 'Who it is for: *, an ARN, or {AWS: [...]}. The account in arn:aws:iam::ACCOUNT:user/NAME may be *, wasabi or empty, and means the account of the Provider then.',
  example: 'arn:aws:iam::wasabi:user/team-a',
  change: true,
  absent: 'notPrincipal or principalRefs must be given',
});

/**
 * A policy document as users write it: AWS JSON in its own casing (Version, Statement, Effect), or in lower case. It is
 * kept as written, unknown elements too; the parser of `src/wasabi/policy` says what is wrong with one.
 */
export function policyDocument<S extends z.ZodType>(statement: S, doc: FieldDoc) {
  return z
    .object({
      version: z
        .string()
        .max(16)
        .default('2012-10-17')
        .meta(field({ what: 'Version of the policy language.', example: '2012-10-17', change: true })),
      statement: z
        .array(statement)
        .max(64)
        .optional()
        .meta(
          field({
            what: 'The statements, in lower case or in the casing of AWS.',
            example: '[{effect: Allow, action: s3:GetObject, resource: "arn:aws:s3:::logs/*"}]',
            change: true,
            absent: 'Statement must be given',
          }),
        ),
    })
    .meta(field(doc, { preservesUnknown: true }));
}

/** One statement with those fields. */
export function statementOf<F extends z.ZodRawShape>(fields: F) {
  return z.object(fields).meta(field({ what: 'One statement.' }, { preservesUnknown: true }));
}
