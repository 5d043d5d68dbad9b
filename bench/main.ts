import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseOptions } from './options.ts';
import { reportOf } from './report.ts';
import type { BenchResult } from './result.ts';
import { runBench } from './run.ts';
import { stackReportOf } from './stack-report.ts';
import { parseResults, withResult, withTable } from './table.ts';

const folder = new URL('../docs/performance/', import.meta.url);
const page = new URL('../docs/performance.md', import.meta.url);
const results = new URL('results.jsonl', folder);

/** Keeps the result and renews the table of docs/performance.md. */
function write(result: BenchResult): void {
  mkdirSync(folder, { recursive: true });
  const all = withResult(parseResults(readOrEmpty(results)), result);
  writeFileSync(results, all.map((each) => `${JSON.stringify(each)}\n`).join(''));
  writeFileSync(page, withTable(readFileSync(page, 'utf8'), all));
}

function readOrEmpty(file: URL): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

const startedMs = performance.now();
const options = parseOptions(process.argv.slice(2));
process.once('SIGINT', () => process.exit(130)); // what was started ends with this process
process.once('SIGTERM', () => process.exit(143));
try {
  const say = (line: string) =>
    console.error(`${((performance.now() - startedMs) / 1_000).toFixed(0).padStart(4)} s  ${line}`);
  const result = await runBench(options, say);
  console.log(options.stacks ? stackReportOf(result) : reportOf(result));
  console.log(JSON.stringify(result));
  if (options.write) write(result);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
// After a failure something may still wait for an answer that will not come.
process.exit();
