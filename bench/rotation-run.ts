import { setTimeout as delay } from 'node:timers/promises';
import { ACCESS_KEYS, type AccessKey } from '../src/api/access-key.ts';
import { SECRETS } from '../src/api/core-types.ts';
import type { ManagedResource } from '../src/managed/kind.ts';
import type { Cores } from './cores.ts';
import { applyKeys, enableRotation, slowDown, workingKeys } from './key-objects.ts';
import { applyProviders } from './objects.ts';
import type { BenchOptions } from './options.ts';
import { ReadyWatch } from './ready-watch.ts';
import { type MeasuredRotations, type RotationResult, rotationResultOf } from './rotation-result.ts';
import { onGround, openSpan, orFailure, providersReady, type Stage, settled, stopOperator, waited } from './stage.ts';

const DAY_MS = 86_400_000;
const INTERVAL_DAYS = 30;
/** Nothing is measured while the keys are made: that goes as fast as it can. */
const PREPARATION = { rate: 1_000, inFlight: 64 };
/** So long before they fall due the operator has to know it: for itself, and for each key; ms. */
const LEAD_MS = { all: 5_000, each: 50 };
const LOOK_MS = 50;

/**
 * Makes keys that fall due at the same instant, and measures until all are replaced.
 * @param say gets progress, one line at a time
 * @throws Error when a part does not start, the operator ends, or the keys cannot be made ready in time
 */
export function runRotations(
  options: BenchOptions,
  cores: Cores,
  say: (line: string) => void,
): Promise<RotationResult> {
  return onGround(options, cores, say, async (ground) => {
    const { plane, backend, namespace } = ground;
    // Drift checks would take calls from the rotations, as many as the interval says.
    const operator = ground.startOperator({ DRIFT_CHECK_INTERVAL_SECONDS: '0' });
    const stage: Stage = { ...ground, operator };
    await applyProviders(plane.admin, namespace, backend.accounts, { ...options, ...PREPARATION });
    await orFailure(stage, providersReady(stage, 1));
    const measured = await orFailure(stage, measure(stage));
    await stopOperator(stage);
    return rotationResultOf(options, cores, measured);
  });
}

async function measure(stage: Stage): Promise<MeasuredRotations> {
  const { plane, backend, namespace, options, say } = stage;
  await keysAreReady(stage);
  const { dueMs } = await keysAreDueAt(stage);
  await slowDown(plane.admin, namespace, backend.accounts, options);
  const before = await workingKeys(stage, options.keys);
  const switched = new ReadyWatch(plane.admin, SECRETS, namespace, (secret) => {
    const id = keyIdIn(secret);
    const known = before.get(secret.metadata.name);
    return known === undefined || id === known ? undefined : secret.metadata.name;
  });
  const retaining = new ReadyWatch(plane.admin, ACCESS_KEYS, namespace, (key) =>
    statusOf(key).rotation?.step === 'Retaining' ? key.metadata.name : undefined,
  );
  await Promise.all([switched.start(), retaining.start()]);
  if (dueMs < Date.now()) throw tooLate(options);
  const span = await openSpan(stage);
  await delay(dueMs - Date.now());
  const dueAtMs = performance.now();
  say(`${options.keys} keys are due`);
  await all(stage, retaining);
  await settled(stage);
  const counted = await span();
  await Promise.all([switched.stop(), retaining.stop()]);
  const authenticated = (await workingKeys(stage, options.keys)).size;
  return {
    ...counted,
    dueMs: dueAtMs,
    switchedMs: switched.readyMs,
    retaining: retaining.readyMs.size,
    authenticated,
  };
}

async function keysAreReady(stage: Stage): Promise<void> {
  const { plane, namespace, options, say } = stage;
  const ready = new ReadyWatch(plane.admin, ACCESS_KEYS, namespace);
  await ready.start();
  await applyKeys(plane.admin, namespace, options.keys);
  await all(stage, ready);
  await ready.stop();
  say(`${ready.readyMs.size} keys are Ready`);
}

/** Every key becomes so old that it is due at one instant, which the operator knows before. */
async function keysAreDueAt(stage: Stage): Promise<{ readonly dueMs: number }> {
  const { plane, backend, namespace, options } = stage;
  const leadMs = LEAD_MS.all + LEAD_MS.each * options.keys;
  const dueMs = Math.ceil((Date.now() + leadMs) / 1_000) * 1_000;
  await backend.change({ type: 'age', createdMs: dueMs - INTERVAL_DAYS * DAY_MS });
  const known = new ReadyWatch(plane.admin, ACCESS_KEYS, namespace, (key) =>
    Date.parse(statusOf(key).nextRotateTime ?? '') === dueMs ? key.metadata.name : undefined,
  );
  await known.start();
  await enableRotation(plane.admin, namespace, options.keys, INTERVAL_DAYS);
  while (known.readyMs.size < options.keys) {
    if (Date.now() > dueMs) throw tooLate(options);
    await delay(LOOK_MS);
  }
  await known.stop();
  return { dueMs };
}

function tooLate({ keys }: BenchOptions): Error {
  const seconds = (LEAD_MS.all + LEAD_MS.each * keys) / 1_000;
  return new Error(
    `the keys fell due before the operator knew all of them, in ${seconds} s: --keys ${keys} is too many for this machine`,
  );
}

async function all(stage: Stage, watch: ReadyWatch): Promise<void> {
  const isFinished = await waited(stage, 'keys', () => watch.readyMs.size, stage.options.keys);
  if (!isFinished) stage.say(watch.anyReason() ?? '');
}

function statusOf({ status }: ManagedResource): NonNullable<AccessKey['status']> {
  return status ?? {};
}

function keyIdIn(secret: ManagedResource): string | undefined {
  const { data } = secret as unknown as { readonly data?: Readonly<Record<string, string>> }; // a Secret, as it was asked for
  return data?.['access-key-id'] === undefined ? undefined : Buffer.from(data['access-key-id'], 'base64').toString();
}
