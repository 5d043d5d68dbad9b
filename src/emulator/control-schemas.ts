import { z } from 'zod';
import type { LoggedCall } from './call-log.ts';
import { FAULT_RULE } from './fault-schema.ts';
import { name, number, oneOf, strict, whole, word } from './field-schemas.ts';
import { MAX_ADVANCE_MS } from './movable-clock.ts';
import type { AccountOptions } from './options.ts';

const MAX_LATENCY_MS = 600_000;

const CALL_FIELDS = {
  seq: whole(1, undefined, 'counts from 1 since the start'),
  atMs: z.number().describe('milliseconds on a monotonic clock, when the call had come in whole'),
  service: oneOf(['s3', 'iam', 'sts'], 'the service that was called'),
  operation: word("AWS's name of the operation; empty when it could not be told"),
  region: word('region of the endpoint'),
  bucket: word('name of the bucket').optional(),
  key: word('key of the object').optional(),
  userName: word('the user that a call of IAM names').optional(),
  policy: word('the policy that a call of IAM names, by its name or its ARN').optional(),
  accountId: word('the account of a verified signature').optional(),
  accessKeyId: word('the key id that the request named, right or not').optional(),
  userAgent: word('header of that name'),
  status: z.int().describe('HTTP status; 0: the connection was reset by a fault, -1: left open without an answer'),
  code: word('the code of an error answer; empty for success'),
  mutating: z.boolean().describe('whether the operation changes something when it succeeds'),
  revisionBefore: whole(0, undefined, 'revision of the state before the call'),
  revision: whole(0, undefined, 'and after it: equal where nothing was changed'),
} satisfies Readonly<Record<keyof LoggedCall, z.ZodType>>;

const ACCOUNT_FIELDS = {
  accountId: name('twelve digits; the next free ones when absent').exactOptional(),
  name: name('its name').exactOptional(),
  accessKeyId: name("id of its root's key; a new one when absent").exactOptional(),
  secretAccessKey: name('the secret to it').exactOptional(),
} satisfies Readonly<Record<keyof AccountOptions, z.ZodType>>;

const holders = z.record(z.string(), z.looseObject({})).describe('by name');

const calls = z.array(strict('a call', CALL_FIELDS)).describe('The calls, oldest first.');

const faults = z
  .array(
    strict('a fault', {
      id: whole(1, undefined, 'number of the rule'),
      rule: FAULT_RULE,
      left: z.int().min(1).nullable().describe('so many calls it still hits; null: no end'),
    }),
  )
  .describe('The rules as they stand, in the order in which they are tried.');

const addedFault = strict('an added fault', { id: whole(1, undefined, 'number of the rule') }).describe(
  'What takes it away again.',
);

const state = strict('a state', {
  accounts: z.array(
    z.looseObject({
      accountId: z.string(),
      name: z.string(),
      users: holders,
      groups: holders,
      roles: holders,
      policies: holders,
      keys: z.array(z.looseObject({ accessKeyId: z.string(), status: z.string(), userName: z.string().nullable() })),
    }),
  ),
  buckets: z
    .record(
      z.string(),
      z.looseObject({
        region: z.string(),
        ownerId: z.string(),
        createdMs: z.number(),
        documents: z.record(z.string(), z.unknown()).describe('configuration by subresource'),
        objects: z.record(z.string(), z.array(z.looseObject({ versionId: z.string() }))).describe('versions by key'),
        uploads: z.array(z.looseObject({ uploadId: z.string() })),
      }),
    )
    .describe('by name'),
}).describe('Everything the service remembers but secrets and contents: equal when nothing differs.');

const newAccount = strict('an account', ACCOUNT_FIELDS).describe('An account to make.');

const accountKeys = strict('keys', {
  accountId: z.string(),
  name: z.string(),
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
}).describe('The new account and the key of its root.');

const latency = strict('a latency', {
  ms: number(0, MAX_LATENCY_MS, 'milliseconds that each call waits before it is worked on'),
}).describe('How long each call waits first.');

const clockStep = strict('a step of the clock', {
  advanceMs: number(0, MAX_ADVANCE_MS, 'milliseconds; what falls due on the way is done'),
}).describe('How far the clock of the service goes ahead.');

const clock = strict('a clock', {
  now: z.iso.datetime().describe('time of the service'),
  advancedMs: whole(0, undefined, "so far it was moved ahead of the machine's"),
}).describe('The time of the service.');

const problem = strict('a problem', { error: z.string() }).describe('What is wrong, where, with which value.');

const description = z.looseObject({ openapi: z.string() }).describe('This description.');

/** What goes in and out of the control interface, by the names that its description gives them. */
export const CONTROL_SCHEMAS = {
  Calls: calls,
  FaultRule: FAULT_RULE,
  Faults: faults,
  AddedFault: addedFault,
  State: state,
  NewAccount: newAccount,
  AccountKeys: accountKeys,
  Latency: latency,
  ClockStep: clockStep,
  Clock: clock,
  Problem: problem,
  Description: description,
} as const;
