import type { z } from 'zod';
import type { Clock } from '../runtime/clock.ts';
import type { AccountKeys } from './accounts.ts';
import type { CallLog } from './call-log.ts';
import { CONTROL_SCHEMAS as schemas } from './control-schemas.ts';
import type { Faults } from './faults.ts';
import { parsed } from './field-schemas.ts';
import { openApiOf } from './openapi.ts';
import type { AccountOptions } from './options.ts';
import { snapshotOf } from './snapshot.ts';
import type { State } from './state.ts';

/** What the control interface steers. */
export interface Controlled {
  readonly log: CallLog;
  readonly faults: Faults;
  readonly state: State;
  /** Milliseconds that each call waits before it is worked on. */
  readonly latency: { ms: number };
  readonly clock: Clock;
  createAccount(options?: AccountOptions): AccountKeys;
  /** Does what the service does by itself, up to now. */
  catchUp(): void;
  /** Moves the service's clock ahead by milliseconds. @throws Error for what is none, or leads back */
  advanceClock(ms: number): void;
}

/** A request to the control interface, as far as a route looks at it. */
export interface ControlRequest {
  /** A whole number of the query; `undefined`: it is not there. @throws Error for what is none */
  numberOf(parameter: string): number | undefined;
  /** JSON. @throws Error for what is none */
  body(): unknown;
}

/** One call of the control interface. It is served and described from here alone. */
export interface ControlRoute {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below `/_emulator/`. */
  readonly path: string;
  readonly operationId: string;
  readonly about: string;
  /** A whole number in the query that may be absent. */
  readonly parameter: { readonly name: string; readonly about: string } | undefined;
  readonly body: z.ZodType | undefined;
  readonly status: 200 | 201;
  readonly answer: z.ZodType;
  /** @throws Error naming what is wrong with the request */
  run(parts: Controlled, request: ControlRequest): unknown;
}

/** Each takes effect at one instant, like a call to the service. */
export const CONTROL_ROUTES: readonly ControlRoute[] = [
  get('calls', 'getCalls', 'The call log: every call with what came of it, without those of this interface.', {
    parameter: { name: 'since', about: 'only the calls after the one of this number' },
    answer: schemas.Calls,
    run: ({ log }, request) => log.since(request.numberOf('since') ?? 0),
  }),
  get('faults', 'getFaults', 'The faults that are armed.', {
    answer: schemas.Faults,
    run: ({ faults }) => faults.list(),
  }),
  post('faults', 'addFault', 'Arms a fault.', {
    body: schemas.FaultRule,
    status: 201,
    answer: schemas.AddedFault,
    run: ({ faults }, rule) => ({ id: faults.add(rule) }),
  }),
  {
    ...get('faults', 'clearFaults', 'Takes one fault away, or all of them; answers what is left.', {
      parameter: { name: 'id', about: 'number of the one to take away' },
      answer: schemas.Faults,
      run: ({ faults }, request) => {
        faults.clear(request.numberOf('id'));
        return faults.list();
      },
    }),
    method: 'DELETE',
  },
  get(
    'state',
    'getState',
    'What the service remembers: accounts with their identities, buckets with settings, versions and uploads.',
    {
      answer: schemas.State,
      run: (parts) => {
        parts.catchUp();
        return snapshotOf(parts.state);
      },
    },
  ),
  post('accounts', 'createAccount', 'Makes another account.', {
    body: schemas.NewAccount,
    status: 201,
    answer: schemas.AccountKeys,
    run: (parts, account) => parts.createAccount(account),
  }),
  post('latency', 'setLatency', 'Says how long each call waits first.', {
    body: schemas.Latency,
    status: 200,
    answer: schemas.Latency,
    run: ({ latency }, { ms }) => {
      latency.ms = ms;
      return latency;
    },
  }),
  get('clock', 'getClock', 'The time of the service.', { answer: schemas.Clock, run: timeOf }),
  post('clock', 'advanceClock', 'Moves the clock of the service ahead, and does what falls due on the way.', {
    body: schemas.ClockStep,
    status: 200,
    answer: schemas.Clock,
    run: (parts, { advanceMs }) => {
      parts.advanceClock(advanceMs);
      return timeOf(parts);
    },
  }),
  get('openapi.json', 'getDescription', 'This description.', {
    answer: schemas.Description,
    run: () => openApiOf(CONTROL_ROUTES),
  }),
];

type Read = Pick<ControlRoute, 'answer' | 'run'> & Partial<Pick<ControlRoute, 'parameter'>>;

function get(path: string, operationId: string, about: string, { parameter, answer, run }: Read): ControlRoute {
  return { method: 'GET', path, operationId, about, parameter, body: undefined, status: 200, answer, run };
}

interface Write<B> extends Pick<ControlRoute, 'status' | 'answer'> {
  readonly body: z.ZodType<B>;
  run(parts: Controlled, body: B): unknown;
}

function post<B>(path: string, operationId: string, about: string, write: Write<B>): ControlRoute {
  const { body, status, answer } = write;
  const run: ControlRoute['run'] = (parts, request) => write.run(parts, parsed(body, request.body(), 'the body'));
  return { method: 'POST', path, operationId, about, parameter: undefined, body, status, answer, run };
}

function timeOf({ clock, state }: Controlled): { readonly now: string; readonly advancedMs: number } {
  return { now: new Date(clock.now()).toISOString(), advancedMs: state.advancedMs };
}
