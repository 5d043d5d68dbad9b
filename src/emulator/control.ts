import type { AccountKeys } from './accounts.ts';
import type { CallLog } from './call-log.ts';
import type { RawRequest } from './dispatch.ts';
import type { FaultRule, Faults } from './faults.ts';
import type { AccountOptions } from './options.ts';
import { snapshotOf } from './snapshot.ts';
import type { State } from './state.ts';

/** The paths that steer the emulator begin with this; no bucket can have that name. */
export const CONTROL_PREFIX = '/_emulator/';

/** What the control endpoint steers. */
export interface Controlled {
  readonly log: CallLog;
  readonly faults: Faults;
  readonly state: State;
  /** Milliseconds that each call waits before it is worked on. */
  readonly latency: { ms: number };
  createAccount(options?: AccountOptions): AccountKeys;
}

export interface ControlAnswer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * One request to the control endpoint: unsigned JSON, on loopback only, and not from a web page.
 *
 * - `GET /_emulator/calls?since=SEQ` the calls after that number
 * - `GET /_emulator/faults`, `POST /_emulator/faults` a FaultRule, `DELETE /_emulator/faults[?id=N]`
 * - `GET /_emulator/state` buckets with their settings, versions and uploads; no secrets, no contents
 * - `POST /_emulator/accounts` `{accountId?, name?, accessKeyId?, secretAccessKey?}`: another account
 * - `POST /_emulator/latency` `{ms}`: how long each call waits first
 */
export function control(
  parts: Controlled,
  { method, target, body, headers }: Pick<RawRequest, 'method' | 'target' | 'body' | 'headers'>,
): ControlAnswer {
  if (headers['origin'] !== undefined || !isLocalHost(headers['host'])) {
    return {
      status: 403,
      body: { error: 'only programs on this machine steer the emulator, by 127.0.0.1 or *.localhost' },
    };
  }
  const [path = '', query = ''] = target.split('?');
  const parameters = new URLSearchParams(query);
  const route = `${method} ${path.slice(CONTROL_PREFIX.length)}`;
  try {
    switch (route) {
      case 'GET calls':
        return { status: 200, body: parts.log.since(numberOf(parameters, 'since') ?? 0) };
      case 'GET faults':
        return { status: 200, body: parts.faults.list() };
      case 'POST faults':
        return { status: 201, body: { id: parts.faults.add(faultRule(body)) } };
      case 'DELETE faults':
        parts.faults.clear(numberOf(parameters, 'id'));
        return { status: 200, body: parts.faults.list() };
      case 'GET state':
        return { status: 200, body: snapshotOf(parts.state) };
      case 'POST accounts':
        return { status: 201, body: parts.createAccount(accountOptions(body)) };
      case 'POST latency':
        parts.latency.ms = milliseconds(jsonObject(body)['ms']);
        return { status: 200, body: parts.latency };
      default:
        return {
          status: 404,
          body: { error: `${route}: GET calls, faults, state; POST faults, accounts, latency; DELETE faults` },
        };
    }
  } catch (thrown) {
    return { status: 400, body: { error: thrown instanceof Error ? thrown.message : 'bad request' } };
  }
}

/** A name that a page elsewhere has pointed at loopback is none of these. */
function isLocalHost(host: string | undefined): boolean {
  return /^(?:127\.0\.0\.1|(?:[a-z0-9.-]+\.)?localhost)(?::\d+)?$/iu.test(host ?? '');
}

function milliseconds(value: unknown): number {
  if (typeof value !== 'number' || !(value >= 0 && value <= 600_000)) {
    throw new Error(`ms: ${JSON.stringify(value)} must be a number from 0 to 600000`);
  }
  return value;
}

/** @throws Error naming what is wrong */
function numberOf(parameters: URLSearchParams, name: string): number | undefined {
  const text = parameters.get(name);
  if (text === null) return undefined;
  if (!/^\d{1,15}$/u.test(text)) throw new Error(`${name}: "${text}" must be a whole number`);
  return Number(text);
}

/** @throws Error naming what is wrong */
function accountOptions(body: Buffer): AccountOptions {
  const fields = ['accountId', 'name', 'accessKeyId', 'secretAccessKey'];
  const given = jsonObject(body);
  for (const [name, value] of Object.entries(given)) {
    if (!fields.includes(name)) throw new Error(`${name}: an account has only ${fields.join(', ')}`);
    if (typeof value !== 'string' || value === '') throw new Error(`${name}: ${JSON.stringify(value)} must be text`);
  }
  return given;
}

const EFFECTS = new Set(['error', 'throttle', 'latency', 'hang', 'reset']);

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
