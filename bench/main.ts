import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { divideCores } from './cores.ts';
import { runEmulatorBench } from './emulator-bench.ts';
import { emulatorReportOf } from './emulator-report.ts';
import { imageReportOf } from './image-report.ts';
import { runImageBench } from './image-run.ts';
import { parseOptions } from './options.ts';
import { overheadReportOf } from './overhead-report.ts';
import { runOverhead } from './overhead-run.ts';
import { reportOf } from './report.ts';
import type { BenchResult } from './result.ts';
import { rotationReportOf } from './rotation-report.ts';
import { defectsOf } from './rotation-result.ts';
import { runRotations } from './rotation-run.ts';
import { runBench } from './run.ts';
import { scrapeReportOf } from './scrape-report.ts';
import { runScrapes } from './scrape-run.ts';
import { stackReportOf } from './stack-report.ts';
import { parseResults, withResult, withTable } from './table.ts';

const folder = new URL('../docs/performance/', import.meta.url);
const page = new URL('../docs/performance.md', import.meta.url);
const results = new URL('results.jsonl', folder);
/** So many starts of the image are measured. */
const IMAGE_STARTS = 9;

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

async function fill(say: (line: string) => void): Promise<void> {
  const result = await runBench(options, say);
  console.log(options.stacks ? stackReportOf(result) : reportOf(result));
  console.log(JSON.stringify(result));
  if (options.write) write(result);
}

async function rotate(say: (line: string) => void): Promise<void> {
  const result = await runRotations(options, divideCores(), say);
  console.log(rotationReportOf(result));
  console.log(JSON.stringify(result));
  if (defectsOf(result).length > 0) process.exitCode = 1;
}

async function compareTelling(say: (line: string) => void): Promise<void> {
  const result = await runOverhead(options, divideCores(), say);
  console.log(overheadReportOf(result));
  console.log(JSON.stringify(result));
}

async function readMetrics(say: (line: string) => void): Promise<void> {
  const result = await runScrapes(options, divideCores(), say);
  console.log(scrapeReportOf(result));
  console.log(JSON.stringify(result));
}

async function askEmulator(say: (line: string) => void): Promise<void> {
  const amount =
    options.controlPlane === 'dev'
      ? { buckets: 500, seconds: 2, starts: 1 }
      : { buckets: 10_000, seconds: 10, starts: 5 };
  const result = await runEmulatorBench({ ...amount, warmUpSeconds: 2 }, divideCores(), say);
  console.log(emulatorReportOf(result));
  console.log(JSON.stringify(result));
}

async function startImage(say: (line: string) => void): Promise<void> {
  const result = await runImageBench({ starts: options.controlPlane === 'dev' ? 1 : IMAGE_STARTS }, say);
  console.log(imageReportOf(result));
  console.log(JSON.stringify(result));
}

const startedMs = performance.now();
const options = parseOptions(process.argv.slice(2));
process.once('SIGINT', () => process.exit(130)); // what was started ends with this process
process.once('SIGTERM', () => process.exit(143));
try {
  const say = (line: string) =>
    console.error(`${((performance.now() - startedMs) / 1_000).toFixed(0).padStart(4)} s  ${line}`);
  if (options.image) await startImage(say);
  else if (options.emulator) await askEmulator(say);
  else if (options.rotations) await rotate(say);
  else if (options.scrapes) await readMetrics(say);
  else if (options.overhead) await compareTelling(say);
  else await fill(say);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
// After a failure something may still wait for an answer that will not come.
process.exit();
