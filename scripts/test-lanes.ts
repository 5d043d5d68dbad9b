import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type RunOptions, run } from 'node:test';
import { spec, type TestEvent } from 'node:test/reporters';
import { pathToFileURL } from 'node:url';

const ROOT = join(import.meta.dirname, '..');

/** Where what was compiled is kept, for the next process and the next run: NODE_COMPILE_CACHE of a run that measures nothing. */
export const COMPILED = join(ROOT, 'node_modules/.cache/compiled');
/** What a run counts, as it tells in the end. */
const COUNT = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ([\d.]+)$/;

/** Processes that share suites: each takes whichever nobody has taken yet. */
export interface Lanes {
  /** Lanes of one name share. */
  readonly name: string;
  readonly processes: number;
  /** Paths below the project's folder, in the order in which they are begun. */
  readonly suites: readonly string[];
  readonly testTimeoutMs: number;
  /** A process hangs that has not ended by then. */
  readonly processTimeoutMs: number;
  readonly options: Pick<
    RunOptions,
    'coverage' | 'lineCoverage' | 'coverageIncludeGlobs' | 'coverageExcludeGlobs' | 'env'
  >;
}

/**
 * Runs suites in a few processes, since each compiles what it imports, and is slow until it is warm; prints what they tell,
 * one lane's after another's.
 * @returns whether all passed, once all have ended
 */
export async function runLanes(lanes: readonly Lanes[]): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'wasabi-s3-operator-test-')); // of this run alone: others may go on
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const streams = lanes.map((each, index) => {
    const files = filesOf(each, folder, index);
    const limits = { timeout: each.processTimeoutMs, execArgv: [`--test-timeout=${each.testTimeoutMs}`] };
    return run({ ...each.options, ...limits, files, concurrency: files.length, cwd: ROOT });
  });
  let failed = streams.length;
  const onPassed = () => {
    failed -= 1;
  };
  const report = Readable.from(inTurn(streams, onPassed)).compose(new spec());
  for await (const text of report) process.stdout.write(text as string);
  return failed === 0;
}

/** In the order of the patterns, each once. */
export function suitesAt(patterns: readonly string[]): readonly string[] {
  return [...new Set(patterns.flatMap((pattern) => globSync(pattern, { cwd: ROOT }).sort()))];
}

/** A file for each process. */
function filesOf({ name, processes, suites }: Lanes, folder: string, index: number): readonly string[] {
  const group = pathToFileURL(join(import.meta.dirname, 'test-group.ts')).href;
  const claims = join(folder, `${name}-claims`);
  const text = `import { runSuites } from '${group}';\nawait runSuites(${JSON.stringify(suites)}, ${JSON.stringify(claims)});\n`;
  const files = Array.from({ length: processes }, (_, each) => join(folder, `${name}-${index}-${each}.mjs`));
  for (const file of files) writeFileSync(file, text);
  return files;
}

/** The events of the one run and then of the other, which goes on meanwhile; what they count is told once, in the end. */
async function* inTurn(streams: readonly Readable[], onPassed: () => void): AsyncGenerator<TestEvent, void> {
  const counts = new Map<string, number>();
  for (const stream of streams) {
    for await (const event of stream as AsyncIterable<TestEvent>) {
      if (event.type === 'test:summary' && event.data.file === undefined && event.data.success) onPassed();
      const [, name, count] = (event.type === 'test:diagnostic' && COUNT.exec(event.data.message)) || [];
      if (name === undefined) yield event;
      else counts.set(name, (counts.get(name) ?? 0) + Number(count));
    }
  }
  counts.set('duration_ms', performance.now());
  for (const [name, count] of counts) {
    yield { type: 'test:diagnostic', data: { nesting: 0, message: `${name} ${Math.round(count)}`, level: 'info' } };
  }
}
