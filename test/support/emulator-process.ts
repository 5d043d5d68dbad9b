import { startEmulator } from '../../src/emulator/server.ts';

// An emulator in a process of its own, started with --expose-gc: what it survives, and what memory it keeps.

const emulator = await startEmulator({ callLogLimit: 1_000, maxBodyBytes: 8 * 1024 * 1024 });
const { accessKeyId, secretAccessKey } = emulator.account;

/** Forgets all that was made, so that what is left is what leaks, and begins with some buckets. */
function forget(): void {
  const { buckets, accounts, keys, sessions } = emulator.state;
  for (const name of buckets.keys()) emulator.console.deleteBucket(name);
  for (const { users, groups, roles, policies } of accounts.values()) {
    for (const map of [users, groups, roles, policies]) map.clear();
  }
  for (const id of keys.keys()) if (id !== accessKeyId) keys.delete(id);
  sessions.clear();
  emulator.state.replications = [];
  emulator.state.accessLogs.clear(); // records wait an hour for their delivery
  for (const name of ['fuzz-a', 'fuzz-b', 'fuzz.c']) {
    emulator.console.createBucket({ name, objectLock: name === 'fuzz-b' });
    emulator.console.putObject(name, 'k', 'content');
  }
}

forget();
process.on('message', () => {
  forget();
  globalThis.gc?.();
  process.send?.({ heapBytes: process.memoryUsage().heapUsed });
});
process.on('disconnect', () => process.exit());
process.send?.({ port: emulator.port, accessKeyId, secretAccessKey });
