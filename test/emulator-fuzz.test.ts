import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseXml } from '../src/emulator/xml.ts';
import { type FuzzKeys, fuzzer } from './support/fuzz-requests.ts';
import { takesAll } from './support/seeded.ts';
import { Wire, type WireAnswer } from './support/wire.ts';

// Every request has a number and can be sent alone: EMULATOR_FUZZ_SEED=NUMBER EMULATOR_FUZZ=1. The service forgets all at
// each multiple of FORGET, so that what remains of memory is what leaks.
/** Takes some four minutes on two cores, at about 3,500 a second; EMULATOR_FUZZ sets another number. */
const ALL = 750_000;
const COUNT = Number(process.env['EMULATOR_FUZZ'] ?? (takesAll ? ALL : 4_000));
const SEED = Number(process.env['EMULATOR_FUZZ_SEED'] ?? 1);
const LINES = 12;
const FORGET = Math.min(20_000, Math.ceil(COUNT / 4));
const SLOW_MS = 1_000;
/** Room for what a first pass compiles, caches and keeps in its log of 1,000 calls. */
const MAX_GROWTH_BYTES = 16 * 1024 * 1024;
/** What S3 and IAM answer; 500 would be a defect of ours. */
const STATUSES = new Set([200, 204, 206, 301, 304, 307, 400, 403, 404, 405, 409, 412, 416, 417, 501]);

interface Service {
  readonly child: ChildProcess;
  readonly port: number;
  readonly keys: FuzzKeys;
}

async function startService(): Promise<Service> {
  const file = fileURLToPath(new URL('support/emulator-process.ts', import.meta.url));
  const child = fork(file, [], { execArgv: ['--expose-gc'] });
  const [{ port, ...keys }] = (await once(child, 'message')) as [{ port: number } & FuzzKeys]; // what it sends first
  return { child, port, keys };
}

/** Has the service forget everything. @returns what its heap still holds, in bytes */
async function forget({ child }: Service): Promise<number> {
  child.send('forget');
  const [{ heapBytes }] = (await once(child, 'message')) as [{ heapBytes: number }]; // what it answers
  return heapBytes;
}

/** What is wrong with an answer; `undefined`: nothing. S3 itself writes the zero sign as a reference, which XML does not know. */
function problemOf({ status, headers, body }: WireAnswer, isHead: boolean): string | undefined {
  if (!STATUSES.has(status)) return `status ${status}`;
  if (status < 300 || status === 304 || isHead) return undefined;
  if (headers.get('content-type') === 'application/json')
    return Object(JSON.parse(body.toString())).error === undefined ? 'no error' : undefined;
  try {
    const root = parseXml(Buffer.from(body.toString().replaceAll('&#x0;', '')));
    const error = root.name === 'ErrorResponse' ? root.children.find(({ name }) => name === 'Error') : root;
    const code = error?.children.find(({ name }) => name === 'Code')?.text ?? '';
    return error?.name === 'Error' && /^\w+$/u.test(code) && code !== 'InternalError' ? undefined : `code "${code}"`;
  } catch (thrown) {
    return `${status}, a document that is none: ${String(thrown)}`;
  }
}

test(`W49 ${COUNT} malformed requests are each answered by an error of the service, and none stays in memory`, async (t) => {
  const service = await startService();
  t.after(() => service.child.kill('SIGKILL'));
  const { port, child } = service;
  const requestOf = fuzzer(service.keys);
  const statuses = new Map<number, number>();
  const problems: string[] = [];
  const heaps: number[] = [];
  let slow = 0;
  let slowest = 0;
  const sendAll = async (from: number, to: number): Promise<void> => {
    let next = from;
    const work = async () => {
      const wire = new Wire(port);
      for (let number = next++; number < to; number = next++) {
        const request = requestOf(SEED + number);
        const startMs = performance.now();
        const told = await wire.send(request).then(
          (answer) => {
            statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
            const problem = problemOf(answer, request.isHead);
            return problem && `${problem}: ${answer.body.toString('utf8', 0, 600)}`;
          },
          (error: Error) => error.message,
        );
        const ms = performance.now() - startMs;
        slowest = Math.max(slowest, ms);
        if (ms > SLOW_MS) slow += 1;
        if (told === undefined || problems.length >= 10) continue;
        problems.push(
          `${SEED + number}: ${told}\n  asked: ${JSON.stringify(request.bytes.toString('latin1').slice(0, 1_000))}`,
        );
      }
      wire.close();
    };
    await Promise.all(Array.from({ length: LINES }, work));
  };
  for (let from = 0; from < COUNT && problems.length === 0; from += FORGET) {
    await sendAll(from, Math.min(COUNT, from + FORGET));
    if (problems.length === 0) heaps.push(await forget(service));
  }
  assert.equal(problems.join('\n'), '');
  assert.equal(child.exitCode, null);
  const growth = Math.max(...heaps.slice(heaps.length / 2)) - Math.max(...heaps.slice(0, Math.ceil(heaps.length / 2)));
  assert.ok(growth < MAX_GROWTH_BYTES, `the heap grew by ${growth} bytes: ${heaps.join(', ')}`);
  const told = [...statuses].toSorted(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
  t.diagnostic(
    `${told.join(', ')}; slower than 1 s: ${slow}, slowest ${slowest.toFixed(0)} ms; heap ${heaps.join(', ')}`,
  );
});
