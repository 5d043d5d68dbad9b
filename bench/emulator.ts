import { type Emulator, startEmulator } from '../src/emulator/server.ts';
import type { BackendAccount, BackendReply, BackendRequest } from './backend.ts';
import { CallNames } from './call-names.ts';

// The process of the emulators, so that their work is not the harness's: started by backend.ts, one emulator an account.

const [accounts = '1', latencyMs = '0', region = ''] = process.argv.slice(2);
const emulators: Emulator[] = [];
for (let index = 0; index < Number(accounts); index += 1) {
  emulators.push(await startEmulator({ port: 0, latencyMs: Number(latencyMs) }));
}

const names = emulators.map(() => new CallNames());

function reply(message: BackendReply): void {
  process.send?.(message);
}

process.on('message', (request: BackendRequest) => {
  const fresh = emulators.map((emulator, index) => emulator.calls.slice(request.from[index] ?? 0));
  reply({
    type: 'calls',
    until: emulators.map((emulator) => emulator.calls.length),
    texts: fresh.flatMap((calls, index) => calls.map((call) => names[index]?.nameOf(call) ?? '')),
    writes: fresh.flat().filter((call) => call.mutating).length,
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
