import { z } from 'zod';
import { contradictionIn, operationProblem } from './fault-contradiction.ts';
import { must, name, number, oneOf, parsed, strict, whole } from './field-schemas.ts';
import { OPERATION_NAMES } from './operations.ts';

/** How long a call may wait, or how old an answer may be, in milliseconds. */
const MAX_MS = 600_000;
/** How far the service's clock may be wrong: ten years. */
const MAX_SKEW_MS = 10 * 365 * 24 * 3600 * 1000;
const MAX_BYTES = 2 ** 40;

const retryAfterSeconds = whole(0, undefined, 'seconds in the header `Retry-After`; absent: no such header').optional();
const status = whole(400, 599, 'HTTP status of the answer');
const when = oneOf(['before', 'after'], 'whether the call has its effect; default `before`: it has none').optional();

function effect<T extends string, F extends z.ZodRawShape>(type: T, about: string, fields: F) {
  return strict(`an effect of type ${type}`, { type: z.literal(type), ...fields }).describe(about);
}

const EFFECTS = [
  effect('error', 'Answers that, whatever the call came to.', {
    status,
    code: name('the code in the error document'),
    retryAfterSeconds,
    when,
  }),
  effect('throttle', 'Answers 503 SlowDown instead of working on the call (W39).', { retryAfterSeconds }),
  effect(
    'rate',
    'Lets so many calls pass and throttles the others (W39), by a token bucket of the rule on the clock of the service. Calls that pass are not counted, and go on to the next rule.',
    {
      perSecond: z
        .number(must('a number above 0'))
        .positive(must('a number above 0'))
        .describe('calls a second that pass in the long run'),
      burst: whole(1, undefined, 'calls that pass at once after a quiet time'),
      status: status.describe('HTTP status of the answer; default 503').optional(),
      code: name('its code; default `SlowDown`').optional(),
      retryAfterSeconds,
    },
  ),
  effect('latency', 'Waits so long, and goes on to the next rule.', {
    ms: number(0, MAX_MS, 'milliseconds; those of all rules add up'),
    when: oneOf(
      ['before', 'after'],
      'whether it waits before the call has its effect (default) or after it',
    ).optional(),
  }),
  effect('hang', 'Never answers.', { when }),
  effect('reset', 'Resets the connection.', {
    when: oneOf(
      ['before', 'after', 'body'],
      'before the call has its effect, after it, so that the answer is lost, or in the middle of the body of the answer',
    ),
  }),
  effect(
    'truncate',
    'Announces the whole answer by `Content-Length`, and closes the connection early. The call has its effect. One of `bytes` and `share`.',
    {
      bytes: whole(0, MAX_BYTES, 'bytes of the body that are sent').optional(),
      share: number(0, 1, 'share of the body that is sent').optional(),
    },
  ).refine(({ bytes, share }) => (bytes === undefined) !== (share === undefined), must('given one of bytes and share')),
  effect(
    'skew',
    'The clock of the service is wrong: the `Date` of the answer, and the time that a signature is held against. Goes on to the next rule.',
    { ms: number(-MAX_SKEW_MS, MAX_SKEW_MS, 'milliseconds; below 0: slow') },
  ),
  effect(
    'stale',
    'Reads of S3 and IAM (GET, HEAD, Get…, List…) see the service as it was so long ago, though never as it was before the rule; caller and rights are those of now. Passes writes and STS, and goes on to the next rule.',
    { ms: number(1, MAX_MS, 'milliseconds on the clock of the service') },
  ),
] as const;

/** The words that calls are matched by. */
const RULE_WORDS = {
  service: oneOf(['s3', 'iam', 'sts'], 'the service that is called').optional(),
  operation: z
    .enum([...OPERATION_NAMES, '*'], { error: ({ input }) => operationProblem(input) })
    .describe("AWS's name of the operation, such as `PutBucketTagging`, one of those below; `*` is any")
    .optional(),
  bucket: name('name of the bucket').optional(),
  key: name('key of the object').optional(),
  userName: name('the user that a call of IAM names').optional(),
  policy: name('the policy that a call of IAM names, by its name or its ARN').optional(),
  accessKeyId: name('the key id that the request names').optional(),
};

const RULE_FIELDS = {
  ...RULE_WORDS,
  skip: whole(0, undefined, 'so many matching calls pass first; default 0').optional(),
  count: whole(1, undefined, 'so many are hit; default: every one until the rule is taken away').optional(),
  probability: number(
    0,
    1,
    'the share of matching calls that is hit; default 1. The others pass and are not counted; with `--seed` they are the same ones each time',
  ).optional(),
};

const EFFECT_TYPES = EFFECTS.map(({ shape }) => shape.type.value).join(', ');

/** Which calls a fault hits, and what happens to them: validation, reference and the description of the HTTP interface are made of it. */
export const FAULT_RULE = strict('a rule', {
  ...RULE_FIELDS,
  effect: z.discriminatedUnion('type', EFFECTS, { error: effectProblem }).describe('what happens to the call'),
})
  .superRefine((rule, context) => {
    const found = contradictionIn(rule);
    if (found !== undefined) context.addIssue({ code: 'custom', ...found });
  })
  .describe(
    'A fault: calls that match every field are hit. The first rule decides, unless its effect goes on to the next.',
  );

function effectProblem({ code, input }: z.core.$ZodRawIssue): string {
  if (code !== 'invalid_union') return `${JSON.stringify(input)} must be an object with a type of ${EFFECT_TYPES}`;
  const { type } = Object(input) as { readonly type?: unknown };
  return `${JSON.stringify(type)} must be one of ${EFFECT_TYPES}`;
}

/** Which calls a fault hits. Absent fields hit all. */
export type FaultRule = Readonly<z.infer<typeof FAULT_RULE>>;

/** What a fault does to a call. */
export type FaultEffect = Readonly<FaultRule['effect']>;

/** A rule that may have come from outside as anything. @throws Error naming the field that is wrong, and its value */
export function ruleOf(given: unknown): FaultRule {
  return parsed(FAULT_RULE, given, 'a rule');
}
