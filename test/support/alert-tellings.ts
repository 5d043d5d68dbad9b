import assert from 'node:assert/strict';
import type { AlertStage, LogLine } from './alert-stage.ts';
import { until } from './until.ts';

/** What metrics, log, events and traces say of a fault while it lasts. @throws Error for what they do not */
export type Telling = (stage: AlertStage) => Promise<void>;

/** Everything that tells of an object: one line each. */
interface Told {
  readonly kind: string;
  readonly name: string;
  /** Expressions that come to something. */
  readonly metrics: readonly string[];
  /** Of an Event, its type, reason, and how its note begins; undefined: it is none of a person's business. */
  readonly event: readonly [type: string, reason: string, note: RegExp] | undefined;
  /** Fields of a line. */
  readonly log: LogLine;
  /** Attributes of the span of a pass, and whether that is marked as failed. */
  readonly span: Readonly<Record<string, string>>;
  readonly isError: boolean;
}

function telling({ kind, name, metrics, event, log, span, isError }: Told): Telling {
  return async (stage) => {
    for (const expr of metrics)
      await until(`${expr} comes to something`, async () => (await stage.prometheus.query(expr)).length > 0);
    const about = { kind, name, namespace: stage.namespace };
    await until(`a line about ${kind} ${name} with ${JSON.stringify(log)}`, () =>
      Promise.resolve(stage.log().some((line) => holds(line, { ...about, ...log }))),
    );
    if (event !== undefined) {
      const [type, reason, note] = event;
      await until(`an event ${reason} about ${kind} ${name}`, async () =>
        (await stage.events(kind, name)).some(
          (each) => each.type === type && each.reason === reason && note.test(each.note),
        ),
      );
    }
    const wanted = { 'wasabi.kind': kind, 'wasabi.name': name, ...span };
    await until(`a span of ${kind} ${name} with ${JSON.stringify(span)}`, () =>
      Promise.resolve(
        stage.traces.spans.some(
          (each) => each.name === `reconcile ${kind}` && each.isError === isError && holds(each.attributes, wanted),
        ),
      ),
    );
  };
}

function holds(found: object, wanted: object): boolean {
  try {
    assert.partialDeepStrictEqual(found, wanted);
    return true;
  } catch {
    return false;
  }
}

const METRIC = 'wasabi_s3_operator_';

/** What the documentation promises of these faults. */
export const TELLINGS = {
  providerBroken: telling({
    kind: 'Provider',
    name: 'revoked',
    metrics: [
      `${METRIC}provider_connectivity_total{result="failure"} > 0`,
      `${METRIC}objects{kind="Provider",condition="AuthValid",status="False"} == 1`,
      `${METRIC}error_total{kind="Provider",type="DependencyNotReady"} > 0`,
    ],
    event: ['Warning', 'ValidateFailed', /^AuthFailed/],
    log: { level: 'warn', message: 'not reconciled', error: { type: 'DependencyNotReady', reason: 'AuthFailed' } },
    span: { 'error.type': 'DependencyNotReady' },
    isError: true,
  }),
  driftFight: telling({
    kind: 'Bucket',
    name: 'drifting',
    metrics: [`${METRIC}drift_detected_total{kind="Bucket",change="Set:versioning"} > 5`],
    event: ['Normal', 'DriftRepaired', /versioning/],
    log: { level: 'info', message: 'reconciled', changes: ['Set:versioning'] },
    span: { 'wasabi.outcome': 'InSync', 'wasabi.changes': 'Set:versioning' },
    isError: false,
  }),
  keyDue: telling({
    kind: 'AccessKey',
    name: 'due',
    metrics: [
      `time() - ${METRIC}access_key_rotation_due_timestamp_seconds > 3600`,
      `${METRIC}foreign_access_keys == 1`,
    ],
    event: ['Warning', 'ForeignKey', /no AccessKey accounts for/],
    log: { message: 'not reconciled', error: { reason: 'ForeignKey' } },
    span: { 'error.type': 'DependencyNotReady' },
    isError: true,
  }),
  throttled: telling({
    kind: 'Bucket',
    name: 'slow-1',
    metrics: [
      `${METRIC}rate_limit_hits_total{source="throttled"} > 0`,
      `${METRIC}api_call_total{status="503"} > 0`,
      `${METRIC}rate_limit_current_requests_per_second < ${METRIC}rate_limit_configured_requests_per_second`,
    ],
    event: undefined, // it mends itself
    log: { level: 'debug', message: 'not reconciled', error: { type: 'Throttled' } },
    span: { 'error.type': 'Throttled' },
    isError: true,
  }),
} as const satisfies Readonly<Record<string, Telling>>;
