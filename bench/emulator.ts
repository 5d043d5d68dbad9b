import { type Emulator, startEmulator } from '../src/emulator/server.ts';
import { watchKeys } from '../test/support/most-keys.ts';
import type { BackendAccount, BackendReply, BackendRequest } from './backend.ts';
import { CallNames } from './call-names.ts';

// The process of the emulators, so that their work is not the harness's: started by backend.ts, one emulator an account.

const [accounts = '1', latencyMs = '0', region = ''] = process.argv.slice(2);
const emulators: Emulator[] = [];
for (let index = 0; index < Number(accounts); index += 1) {
  emulators.push(await startEmulator({ port: 0, latencyMs: Number(latencyMs) }));
}

const names = emulators.map(() => new CallNames());
const most = emulators.map(watchKeys);

function reply(message: BackendReply): void {
  process.send?.(message);
}

process.on('message', (request: BackendRequest) => {
  if (request.type === 'age') {
    for (const { state } of emulators) {
      for (const [id, key] of state.keys) {
        if (key.userName !== undefined) state.keys.set(id, { ...key, createdMs: request.createdMs });
      }
    }
    reply({ type: 'aged' });
    return;
  }
  const fresh = emulators.map((emulator, index) => emulator.calls.slice(request.from[index] ?? 0));
  reply({
    type: 'calls',
    until: emulators.map((emulator) => emulator.calls.length),
    texts: fresh.flatMap((calls, index) => calls.map((call) => names[index]?.nameOf(call) ?? '')),
    atMs: fresh.flat().map((call) => call.atMs),
    writes: fresh.flat().filter((call) => call.mutating).length,
    mostKeys: Math.max(...most.map(({ count }) => count)),
  });
});
process.on('disconnect', () => process.exit());
reply({
  type: 'ready',
  accounts: emulators.map(
    (emulator): BackendAccount => ({
      port: emulator.port,
      endpoint: emulator.url(region),
      accessKeyId: emulator.account.accessKeyId,
      secretAccessKey: emulator.account.secretAccessKey,
    }),
  ),
});
