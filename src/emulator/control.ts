import { CONTROL_PREFIX } from './control-prefix.ts';
import { CONTROL_ROUTES, type Controlled } from './control-routes.ts';
import type { RawRequest } from './dispatch.ts';

/** An answer of the control interface; the body is sent as JSON. */
export interface ControlAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** One request to the control interface: unsigned JSON, on loopback only, and not from a web page (W51). */
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
  const [path = '', query = ''] = target.slice(CONTROL_PREFIX.length).split('?');
  const route = CONTROL_ROUTES.find((each) => each.method === method && each.path === path);
  if (route === undefined) {
    const known = CONTROL_ROUTES.map((each) => `${each.method} ${each.path}`).join(', ');
    return { status: 404, body: { error: `${method} ${path}: there are ${known}` } };
  }
  const parameters = new URLSearchParams(query);
  try {
    requireKnown(parameters, route.parameter?.name);
    const numberOf = (name: string) => wholeNumber(parameters, name);
    return { status: route.status, body: route.run(parts, { numberOf, body: () => jsonOf(body) }) };
  } catch (thrown) {
    return { status: 400, body: { error: thrown instanceof Error ? thrown.message : 'bad request' } };
  }
}

/** A name that a page elsewhere has pointed at loopback is none of these. */
function isLocalHost(host: string | undefined): boolean {
  return /^(?:127\.0\.0\.1|(?:[a-z0-9.-]+\.)?localhost)(?::\d+)?$/iu.test(host ?? '');
}

/** A misspelt parameter is not passed over: without its number, DELETE faults takes all away. @throws Error naming it */
function requireKnown(parameters: URLSearchParams, known: string | undefined): void {
  const stranger = [...parameters.keys()].find((name) => name !== known);
  if (stranger === undefined) return;
  throw new Error(`${stranger}: there is ${known === undefined ? 'no parameter' : `only ${known}`}`);
}

/** @throws Error naming what is wrong */
function wholeNumber(parameters: URLSearchParams, name: string): number | undefined {
  const text = parameters.get(name);
  if (text === null) return undefined;
  if (!/^\d{1,15}$/u.test(text)) throw new Error(`${name}: "${text}" must be a whole number`);
  return Number(text);
}

/** An absent body is an empty object. @throws Error for what is no JSON */
function jsonOf(body: Buffer): unknown {
  return body.length === 0 ? {} : (JSON.parse(body.toString('utf8')) as unknown);
}
