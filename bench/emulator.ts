import { type Emulator, startEmulator } from '../src/emulator/server.ts';
import { watchKeys } from '../test/support/most-keys.ts';
import type { BackendAccount, BackendCall, BackendReply, BackendRequest, Change } from './backend.ts';
import { CallNames } from './call-names.ts';

// The process of the emulators, so that their work is not the harness's: started by backend.ts, one emulator an account.

const [accounts = '1', latencyMs = '0', region = ''] = process.argv.slice(2);
/** Room for the longest backlog in one account. */
const MAX_BUCKETS = 200_000;

const emulators: Emulator[] = [];
for (let index = 0; index < Number(accounts); index += 1) {
  emulators.push(await startEmulator({ port: 0, latencyMs: Number(latencyMs), maxBuckets: MAX_BUCKETS }));
}

const names = emulators.map(() => new CallNames());
const named: readonly string[][] = emulators.map(() => []);
const most = emulators.map(watchKeys);

function reply(message: BackendReply): void {
  process.send?.(message);
}

/** Whatever is changed, as a person at the console would. */
function change(request: Change): void {
  switch (request.type) {
    case 'age':
      for (const { state } of emulators) {
        for (const [id, key] of state.keys) {
          if (key.userName !== undefined) state.keys.set(id, { ...key, createdMs: request.createdMs });
        }
      }
      return;
    case 'latency':
      for (const { latency } of emulators) latency.ms = request.ms;
      return;
    case 'throttle':
      for (const [account, { faults }] of emulators.entries()) {
        faults.clear();
        if (request.share === 0 || !request.accounts.includes(account)) continue;
        faults.add({ probability: request.share, effect: { type: 'throttle' } });
      }
      return;
    case 'fill':
      for (const emulator of emulators) {
        for (const name of emulator.state.buckets.keys()) fillBucket(emulator, name, request.objects);
      }
      return;
    case 'turn versioning':
      for (const name of request.buckets) {
        withBucket(name).console.editBucket(name, (bucket) => {
          bucket.versioning = bucket.versioning === 'Enabled' ? 'Suspended' : 'Enabled';
        });
      }
      return;
    case 'delete':
      for (const name of request.buckets) withBucket(name).console.deleteBucket(name);
  }
}

/** All are the same but for their keys: a million bodies would not fit. */
function fillBucket({ console: desk, state }: Emulator, name: string, count: number): void {
  const version = desk.putObject(name, 'seed', 'x');
  const objects = state.buckets.get(name)?.objects;
  for (let index = 1; index < count; index += 1) objects?.set(`many/${String(index).padStart(7, '0')}`, [version]);
}

/** @throws Error when no account has it */
function withBucket(name: string): Emulator {
  const emulator = emulators.find(({ state }) => state.buckets.has(name));
  if (emulator === undefined) throw new Error(`no account has the bucket "${name}"`);
  return emulator;
}

function callsOf({ calls }: Emulator, account: number, from: number): readonly BackendCall[] {
  const known = named[account] ?? [];
  for (const call of calls.slice(known.length)) known.push(names[account]?.nameOf(call) ?? ''); // once each, in order
  return calls.slice(from).map((call, index) => ({
    name: known[from + index] ?? '',
    operation: call.operation,
    bucket: call.bucket,
    userName: call.userName,
    userAgent: call.userAgent,
    isRefused: call.status < 200 || call.status >= 300,
    mutating: call.mutating,
    atMs: call.atMs,
    account,
  }));
}

process.on('message', (request: BackendRequest) => {
  if (request.type !== 'calls') {
    change(request);
    reply({ type: 'changed' });
    return;
  }
  reply({
    type: 'calls',
    until: emulators.map((emulator) => emulator.calls.length),
    calls: emulators.flatMap((emulator, account) => callsOf(emulator, account, request.from[account] ?? 0)),
    mostKeys: Math.max(...most.map(({ count }) => count)),
  });
});
process.on('disconnect', () => process.exit());
reply({
  type: 'ready',
  timeOrigin: performance.timeOrigin,
  accounts: emulators.map(
    (emulator): BackendAccount => ({
      port: emulator.port,
      endpoint: emulator.url(region),
      accessKeyId: emulator.account.accessKeyId,
      secretAccessKey: emulator.account.secretAccessKey,
    }),
  ),
});
