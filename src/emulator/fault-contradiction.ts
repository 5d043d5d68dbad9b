import type { ServiceName } from './authentication.ts';
import { nearestTo } from './nearest.ts';
import { OPERATION_NAMES, OPERATIONS } from './operations.ts';

/** As much of a fault as its contradictions are found in. */
interface Words {
  readonly service?: ServiceName | undefined;
  readonly operation?: string | undefined;
  readonly bucket?: string | undefined;
  readonly key?: string | undefined;
  readonly userName?: string | undefined;
  readonly policy?: string | undefined;
  readonly effect: { readonly type: string };
}

/** What is wrong with a field of a fault. */
interface Contradiction {
  readonly path: string[];
  readonly message: string;
}

/** What is said of a name of an operation that is none; `undefined`: it is one, or `*`. Pure. */
export function operationProblem(given: unknown): string | undefined {
  if (typeof given !== 'string') return `${JSON.stringify(given)} must be text`;
  if (given === '*' || serviceOf(given) !== undefined) return undefined;
  const near = nearestTo(given, OPERATION_NAMES);
  const hint = near.length === 0 ? 'docs/reference/emulator.md lists them' : `did you mean ${near.join(', ')}?`;
  return `${JSON.stringify(given)} must be the name of an operation, such as PutObject, or *; ${hint}`;
}

/** What the calls have that a word matches, where only calls of one service have it. */
const SERVICE_OF = { bucket: 's3', key: 's3', userName: 'iam', policy: 'iam' } as const;

/** Why a fault could never hit a call, by the field that says so last; `undefined`: as far as is known, it can. Pure. */
export function contradictionIn(rule: Words): Contradiction | undefined {
  const meant: readonly (readonly [keyof Words, ServiceName | undefined])[] = [
    ['service', rule.service],
    ['operation', serviceOf(rule.operation)],
    ...(['bucket', 'key', 'userName', 'policy'] as const).map(
      (word) => [word, rule[word] === undefined ? undefined : SERVICE_OF[word]] as const,
    ),
  ];
  const [first, ...others] = meant.filter(([, service]) => service !== undefined);
  const other = others.find(([, service]) => service !== first?.[1]);
  if (first !== undefined && other !== undefined) {
    const [word, service] = other;
    return said(rule, word, `means calls of ${service}, ${first[0]} calls of ${first[1]}: no call is both`);
  }
  return rule.effect.type === 'stale' ? unread(rule) : undefined;
}

/** A fault of the past that hits no read. */
function unread(rule: Words): Contradiction | undefined {
  if (rule.service === 'sts')
    return said(rule, 'service', 'is never answered from the past: effect.type stale hits reads of s3 and iam');
  const { operation = '*' } = rule;
  const service = serviceOf(operation);
  if (service === undefined || (service !== 'sts' && OPERATIONS[service].get(operation)?.mutating === false))
    return undefined;
  return said(rule, 'operation', 'is no read of s3 or iam: effect.type stale hits reads alone');
}

function said(rule: Words, word: keyof Words, why: string): Contradiction {
  return { path: [word], message: `${JSON.stringify(rule[word])} ${why}` };
}

function serviceOf(operation: string | undefined): ServiceName | undefined {
  return (['s3', 'iam', 'sts'] as const).find((service) => OPERATIONS[service].has(operation ?? '*'));
}
