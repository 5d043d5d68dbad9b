import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { boundaryText } from '../support/boundary.ts';
import { type Fault, VERDICTS } from '../support/crash-effects.ts';
import { PATHS } from './paths.ts';

/** What goes wrong in one run of a path; as a file it can be repeated alone. */
export interface Plan {
  /** The title of the path; see paths.ts. */
  readonly path: string;
  /** They come about one after another; those after a crash are of the successor. */
  readonly faults: readonly Fault[];
  /** The operator dies once more when all is over, and its successor must find nothing to do. */
  readonly killsAtEnd?: boolean;
  /** What it once showed, where it is kept for that. */
  readonly why?: string;
}

const fault = z.strictObject({
  side: z.enum(['kube', 'wasabi']),
  call: z.string().min(1),
  time: z.int().min(1),
  verdict: z.enum(VERDICTS),
});

const schema = z.strictObject({
  path: z.string(),
  faults: z.array(fault),
  killsAtEnd: z.boolean().optional(),
  why: z.string().optional(),
});

/** Reads a plan. @throws Error that names the file, the field and what may stand there */
export function readPlan(file: string): Plan {
  const fail = (problem: string): never => {
    throw new Error(`plan ${file}: ${problem}`);
  };
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
  const { data, error } = schema.safeParse(value);
  if (data === undefined) {
    const issues = error?.issues ?? [];
    return fail(issues.map(({ path, message }) => `${path.join('.') || 'the whole'}: ${message}`).join('; '));
  }
  if (!PATHS.has(data.path)) {
    return fail(
      `path: there is none called ${JSON.stringify(data.path)}; npm run test:faults -- --list tells which there are`,
    );
  }
  if (data.faults.length === 0 && data.killsAtEnd !== true)
    return fail('faults: it has none, and nothing would go wrong');
  const { killsAtEnd, why, ...rest } = data;
  return { ...rest, ...(killsAtEnd === undefined ? {} : { killsAtEnd }), ...(why === undefined ? {} : { why }) };
}

/** As it is kept in a file. Pure. */
export function planFile(plan: Plan): string {
  return `${JSON.stringify(plan, undefined, 2)}\n`;
}

/** Such as `rotate a key: cutAfter wasabi CreateAccessKey, 1st, then the end`. Pure. */
export function planText({ path, faults, killsAtEnd }: Plan): string {
  const steps = [
    ...faults.map((each) => `${each.verdict} ${boundaryText(each)}`),
    ...(killsAtEnd === true ? ['killed at the end'] : []),
  ];
  return `${path}: ${steps.join(', then ')}`;
}
