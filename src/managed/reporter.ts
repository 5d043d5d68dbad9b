import { LRUCache } from 'lru-cache';
import { keyText } from '../api/meta.ts';
import type { Reason } from '../api/reasons.ts';
import type { Clock } from '../runtime/clock.ts';
import type { ReconcileError } from '../runtime/errors.ts';
import type { EventRecorder } from '../telemetry/events.ts';
import type { LogFields } from '../telemetry/log-fields.ts';
import type { Log } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { findCondition } from './conditions.ts';
import type { KindEvents, ManagedResource, StoredCondition } from './kind.ts';
import { errorsOf, failuresOf, type Outcome, type Reading } from './outcome.ts';
import type { Reference } from './references.ts';
import { eventsFor, isLastingWait, isWait } from './report.ts';
import type { StatusPatch } from './status.ts';

/** Room for the text of as many waits, of 1 KB each at most. As a size: `max` would take the room of all at the start. */
const MAX_TOLD = 10_000;

/** Reasons of Synced of which the log tells for debugging only. */
const QUIET: ReadonlySet<string> = new Set<Reason>(['Observed', 'Suspended']);

/** What is new about the end of a pass. */
interface News {
  /** Status did not say it before. */
  readonly isNew: boolean;
  /** It waits for what it was said to wait for before. */
  readonly isTold: boolean;
}

/** Tells of each pass what the log, the metrics and the events of the cluster should know. The only one that does. */
export class Reporter {
  readonly #log: Log;
  readonly #metrics: Metrics;
  readonly #events: EventRecorder;
  readonly #clock: Clock;
  readonly #eventsOf: (kind: string) => KindEvents;
  /** What each object was last said to wait for, by uid. A forgotten one is told again. */
  readonly #toldWaits = new LRUCache<string, string>({ maxSize: MAX_TOLD, sizeCalculation: () => 1 });

  constructor(parts: {
    log: Log;
    metrics: Metrics;
    events: EventRecorder;
    clock: Clock;
    eventsOf: (kind: string) => KindEvents;
  }) {
    this.#log = parts.log;
    this.#metrics = parts.metrics;
    this.#events = parts.events;
    this.#clock = parts.clock;
    this.#eventsOf = parts.eventsOf;
  }

  /**
   * One pass has ended and its status, if it changed, is written.
   * @param resource as the pass found it
   * @param patch the status that was written; undefined: none
   */
  passed(resource: ManagedResource, outcome: Outcome, patch: StatusPatch | undefined, durationMs: number): void {
    const { kind } = resource;
    const events = this.#eventsOf(kind);
    const isTold = this.#isTold(resource, outcome);
    for (const draft of eventsFor(events, resource, outcome, this.#clock.now())) {
      if (!isTold || draft.reason !== events.failed) this.#events.record({ regarding: resource, ...draft });
    }
    if (outcome.type === 'InSync' || outcome.type === 'OutOfSync' || outcome.type === 'Observed') {
      for (const event of outcome.reading.kindStatus.events ?? []) {
        this.#events.record({ regarding: resource, action: 'Reconcile', ...event });
      }
    }
    this.#metrics.reconciled(kind, outcome.type, durationMs);
    this.#countTransitions(resource, patch);
    this.#countChanges(resource, outcome);
    this.#countByKind(resource, outcome);
    this.#write(resource, outcome, { isNew: isNews(resource, patch), isTold }, Math.round(durationMs));
  }

  /**
   * One pass has ended, and its status could not be written, which whoever runs it tells. What was done in it is told with
   * that, and counted: the next pass finds it done.
   */
  unwritten(resource: ManagedResource, outcome: Outcome, durationMs: number): void {
    this.#metrics.reconciled(resource.kind, 'Failed', durationMs);
    if (!('reading' in outcome) || outcome.reading.applied.length === 0) return;
    const { applied } = outcome.reading;
    this.#log.note({ changes: applied });
    this.#countDrift(resource, { found: applied, applied });
    this.#countBuckets(resource, outcome);
  }

  /** References that only `--allow-legacy-cross-namespace` opens: one Warning for each generation of an object. */
  openedByFlag(resource: ManagedResource, references: readonly Reference[]): void {
    const before = findCondition(resource.status?.conditions, 'Synced');
    if (references.length === 0 || before?.observedGeneration === resource.metadata.generation) return;
    const list = references.map(({ path, kind, key }) => `${path}: ${kind} ${keyText(key)}`).join(', ');
    const note = `${list} does not admit namespace ${resource.metadata.namespace}: it works only while the operator runs with --allow-legacy-cross-namespace; let its owner set spec.allowedNamespaces`;
    this.#events.record({ regarding: resource, type: 'Warning', reason: 'LegacyReference', action: 'Reconcile', note });
  }

  #countTransitions(resource: ManagedResource, patch: StatusPatch | undefined): void {
    const conditions = patch?.['conditions'] as readonly StoredCondition[] | undefined; // statusFor puts nothing else there
    for (const { type, status } of conditions ?? []) {
      const before = findCondition(resource.status?.conditions, type)?.status;
      if (status !== undefined && status !== before) this.#metrics.conditionChanged(resource.kind, type, status);
    }
  }

  #countChanges(resource: ManagedResource, outcome: Outcome): void {
    if (outcome.type === 'Failed') this.#metrics.failed(resource.kind, outcome.error.type);
    if (outcome.type === 'OutOfSync')
      for (const error of failuresOf(outcome)) this.#metrics.failed(resource.kind, error.type);
    if ('reading' in outcome) this.#countDrift(resource, outcome.reading);
  }

  #countDrift(
    { kind, metadata, status }: ManagedResource,
    { found, applied }: Pick<Reading, 'found' | 'applied'>,
  ): void {
    if (this.#eventsOf(kind).repaired === undefined) return;
    const [synced, ready] = ['Synced', 'Ready'].map((type) => findCondition(status?.conditions, type));
    const isTrue = (before: StoredCondition | undefined) =>
      before?.status === 'True' && before.observedGeneration === metadata.generation;
    if (isTrue(synced)) this.#metrics.driftDetected(kind, found);
    // Ready stays where a repair failed; where it was only observed, it was never in sync by our doing.
    if (isTrue(synced) || (isTrue(ready) && synced?.reason !== 'Observed')) this.#metrics.driftRepaired(kind, applied);
  }

  /** The metrics that are of one kind alone. */
  #countByKind(resource: ManagedResource, outcome: Outcome): void {
    const { kind } = resource;
    if (kind === 'Provider' && (outcome.type === 'InSync' || outcome.type === 'OutOfSync')) {
      this.#metrics.connectivityChecked(outcome.type === 'InSync' ? 'success' : 'failure');
    }
    if (kind === 'AccessKey' && 'reading' in outcome) {
      for (const { reason } of outcome.reading.kindStatus.events ?? []) {
        if (reason === 'KeyRotated') this.#metrics.rotated('completed');
        if (reason === 'RotationFailed') this.#metrics.rotated('failed');
      }
    }
    this.#countBuckets(resource, outcome);
  }

  #countBuckets({ kind }: ManagedResource, outcome: Outcome): void {
    if (kind !== 'Bucket') return;
    if (outcome.type === 'InSync' || outcome.type === 'OutOfSync') {
      const { applied } = outcome.reading;
      const isFailed = outcome.type === 'OutOfSync' && failuresOf(outcome).length > 0;
      const result = isFailed ? 'failure' : 'success';
      if (applied.length > 0) this.#metrics.bucketOperated(applied.includes('Create') ? 'create' : 'update', result);
    }
    if (outcome.type === 'Gone' && outcome.how === 'Deleted') this.#metrics.bucketOperated('delete', 'success');
    if (outcome.type === 'Blocked') this.#metrics.bucketOperated('delete', 'failure');
  }

  /** Whether the wait in which this pass ended has been told before; remembers that it is told now. */
  #isTold(resource: ManagedResource, outcome: Outcome): boolean {
    const { uid } = resource.metadata;
    const wait = errorsOf(outcome).find((error) => isLastingWait(resource, error, this.#clock.now()));
    if (wait === undefined) {
      this.#toldWaits.delete(uid);
      return false;
    }
    const text = `${wait.reason}: ${wait.message}`;
    const isTold = this.#toldWaits.get(uid) === text;
    this.#toldWaits.set(uid, text);
    return isTold;
  }

  /** How loud that failure is: what stands in status already was told when it came up, and a wait once it lasts. */
  #levelOf(resource: ManagedResource, error: ReconcileError, { isNew, isTold }: News): 'warn' | 'info' | 'debug' {
    // One line for the account, and not one for each of its objects, which mend themselves.
    const isQuiet = error.type === 'Throttled' && resource.kind !== 'Provider';
    if (isQuiet || error.type === 'StaleRead') return 'debug';
    if (!isWait(error)) return isNew ? (error.isExpected ? 'info' : 'warn') : 'debug';
    if (isLastingWait(resource, error, this.#clock.now())) return isTold ? 'debug' : 'warn';
    return isNew ? 'info' : 'debug';
  }

  #write(resource: ManagedResource, outcome: Outcome, news: News, durationMs: number): void {
    const { namespace, name, uid, generation } = resource.metadata;
    const about = { kind: resource.kind, namespace, name, generation, outcome: outcome.type, durationMs };
    const level = news.isNew ? 'warn' : 'debug';
    const overReason = toldFailure(resource);
    switch (outcome.type) {
      case 'InSync':
        if (outcome.reading.applied.length > 0)
          this.#log.info({ ...about, changes: outcome.reading.applied }, 'reconciled');
        else if (overReason !== undefined) this.#log.info({ ...about, reason: overReason }, 'in sync again');
        else this.#log.debug(about, 'reconciled');
        return;
      case 'OutOfSync':
        this.#outOfSync(resource, about, outcome, news);
        return;
      case 'Failed':
        this.#failed(about, outcome.error, this.#levelOf(resource, outcome.error, news));
        return;
      case 'NotOurs':
      case 'Blocked':
        this.#log[level]({ ...about, reason: outcome.reason, problems: [outcome.message] }, 'not reconciled');
        return;
      case 'Deleting':
        this.#log[news.isNew ? 'info' : 'debug']({ ...about, uid, reason: outcome.reason }, 'deletion goes on');
        return;
      case 'Gone':
        this.#log.info({ ...about, ...external(resource), uid, reason: outcome.how }, 'let go');
        return;
      case 'Observed':
      case 'Suspended':
        this.#log.debug(about, 'reconciled');
        return;
    }
  }

  #outOfSync(
    resource: ManagedResource,
    about: LogFields,
    outcome: Extract<Outcome, { type: 'OutOfSync' }>,
    news: News,
  ): void {
    const { applied } = outcome.reading;
    const failures = failuresOf(outcome);
    const [error, ...more] = failures;
    // What was changed is told in any case.
    const isChanged = applied.length > 0;
    if (error === undefined) {
      this.#log[news.isNew || isChanged ? 'info' : 'debug'](
        { ...about, changes: applied },
        'reconciled, and waits for other objects',
      );
      return;
    }
    const levels = failures.map((each) => this.#levelOf(resource, each, news));
    const level = levels.includes('warn') ? 'warn' : isChanged || levels.includes('info') ? 'info' : 'debug';
    const problems = more.length === 0 ? undefined : more.map(({ reason, message }) => `${reason}: ${message}`);
    this.#log[level]({ ...about, error, problems, changes: applied }, 'not reconciled');
  }

  #failed(about: Parameters<Log['warn']>[0], error: ReconcileError, level: 'warn' | 'info' | 'debug'): void {
    const fields = { ...about, error };
    if (error.type === 'Internal') this.#log.error(fields, 'not reconciled');
    else this.#log[level](fields, 'not reconciled');
  }
}

/** The pass ended otherwise than status told before it. */
function isNews(resource: ManagedResource, patch: StatusPatch | undefined): boolean {
  const conditions = patch?.['conditions'] as readonly StoredCondition[] | undefined; // statusFor puts nothing else there
  const [before, after] = [resource.status?.conditions, conditions].map((list) => findCondition(list, 'Synced'));
  if (after === undefined) return false;
  return (
    before?.reason !== after.reason ||
    before?.message !== after.message ||
    before?.observedGeneration !== after.observedGeneration
  );
}

/** Why the last pass was not in sync, if the log told of it: whoever reads that line looks for the one that ends it. */
function toldFailure({ kind, status }: ManagedResource): string | undefined {
  const { status: was, reason = '' } = findCondition(status?.conditions, 'Synced') ?? {};
  const isQuiet = QUIET.has(reason) || (reason === 'Throttled' && kind !== 'Provider');
  return was === 'False' && !isQuiet ? reason : undefined;
}

/** The external resource that the object stood for, where one was recorded: what an audit asks for. */
function external({ status }: ManagedResource): LogFields {
  const target = status?.target;
  if (target === undefined) return {};
  const { name, identity, accountId: account, provider } = target;
  return { resource: identity === undefined ? name : `${name} (${identity})`, account, provider };
}
