import type { AccountKeys } from './accounts.ts';
import type { CallLog } from './call-log.ts';
import type { FaultRule, Faults } from './faults.ts';
import type { AccountOptions } from './options.ts';
import type { State } from './state.ts';

/** The paths that steer the emulator begin with this; no bucket can have that name. */
export const CONTROL_PREFIX = '/_emulator/';

/** What the control endpoint steers. */
export interface Controlled {
  readonly log: CallLog;
  readonly faults: Faults;
  readonly state: State;
  createAccount(options: AccountOptions): AccountKeys;
}

export interface ControlAnswer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * One request to the control endpoint: unsigned JSON, on loopback only.
 *
 * - `GET /_emulator/calls?since=SEQ` the calls after that number
 * - `GET /_emulator/faults`, `POST /_emulator/faults` a FaultRule, `DELETE /_emulator/faults[?id=N]`
 * - `GET /_emulator/state` buckets with their settings and how many objects they hold
 * - `POST /_emulator/accounts` `{accountId?, name?, accessKeyId?, secretAccessKey?}`: another account
 */
export function control(parts: Controlled, method: string, target: string, body: Buffer): ControlAnswer {
  const url = new URL(target, 'http://localhost');
  const route = `${method} ${url.pathname.slice(CONTROL_PREFIX.length)}`;
  try {
    switch (route) {
      case 'GET calls':
        return { status: 200, body: parts.log.since(Number(url.searchParams.get('since') ?? 0)) };
      case 'GET faults':
        return { status: 200, body: parts.faults.list() };
      case 'POST faults':
        return { status: 201, body: { id: parts.faults.add(faultRule(body)) } };
      case 'DELETE faults':
        parts.faults.clear(url.searchParams.has('id') ? Number(url.searchParams.get('id')) : undefined);
        return { status: 200, body: parts.faults.list() };
      case 'GET state':
        return { status: 200, body: stateSummary(parts.state) };
      case 'POST accounts':
        return { status: 201, body: parts.createAccount(jsonObject(body)) };
      default:
        return {
          status: 404,
          body: { error: `${route}: GET calls, faults, state; POST faults, accounts; DELETE faults` },
        };
    }
  } catch (thrown) {
    return { status: 400, body: { error: thrown instanceof Error ? thrown.message : 'bad request' } };
  }
}

const EFFECTS = new Set(['error', 'latency', 'hang', 'reset']);

/** @throws Error naming what is wrong */
function faultRule(body: Buffer): FaultRule {
  const rule = jsonObject(body);
  const { effect } = rule;
  const type = typeof effect === 'object' && effect !== null && 'type' in effect ? effect.type : undefined;
  if (typeof type !== 'string' || !EFFECTS.has(type)) {
    throw new Error(`effect.type: ${JSON.stringify(type)} must be one of ${[...EFFECTS].join(', ')}`);
  }
  return rule as unknown as FaultRule; // numbers are checked where the rule is added
}

function jsonObject(body: Buffer): Record<string, unknown> {
  const parsed: unknown = body.length === 0 ? {} : JSON.parse(body.toString('utf8'));
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new Error('the body must be a JSON object');
  return parsed as Record<string, unknown>; // an object of JSON
}

function stateSummary(state: State): unknown {
  return {
    accounts: [...state.accounts.values()].map(({ accountId, name }) => ({ accountId, name })),
    buckets: [...state.buckets.values()].map((bucket) => ({
      name: bucket.name,
      region: bucket.region,
      accountId: bucket.ownerId,
      created: new Date(bucket.createdMs).toISOString(),
      versioning: bucket.versioning ?? null,
      objectLock: bucket.objectLock ?? null,
      policy: bucket.policy ?? null,
      documents: bucket.documents,
      keys: bucket.objects.size,
      versions: [...bucket.objects.values()].reduce((sum, versions) => sum + versions.length, 0),
      uploads: bucket.uploads.size,
    })),
  };
}
