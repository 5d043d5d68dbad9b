import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { divideCores } from './cores.ts';
import { operatorOf } from './header.ts';
import { MODES } from './modes.ts';
import { parseOptions } from './options.ts';
import { withScale } from './scale.ts';
import { parseResults, withResult, withTable } from './table.ts';
import { fillTable, keptRuns, parseTableOptions, runAsProcess } from './target-run.ts';
import { TARGETS } from './targets.ts';

const folder = new URL('../docs/performance/', import.meta.url);
const page = new URL('../docs/performance.md', import.meta.url);
const results = new URL('results.jsonl', folder);
/** The runs behind the table of targets. */
const runs = new URL('runs.jsonl', folder);
const picture = new URL('growth.svg', folder);
const scale = new URL('../docs/scale.md', import.meta.url);

/** Keeps the result, one line of JSON, and renews the table of docs/performance.md. */
function write(line: string): void {
  mkdirSync(folder, { recursive: true });
  const all = parseResults(line).reduce(withResult, parseResults(readOrEmpty(results)));
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

async function measure(say: (line: string) => void): Promise<void> {
  const options = parseOptions(argv);
  const mode = MODES.find(({ name }) => name === options.mode);
  if (mode === undefined) throw new Error(`there is no mode "${options.mode}"`);
  const { report, result, defects } = await mode.measure(options, divideCores(), say);
  console.log(report);
  console.log(JSON.stringify(result));
  if (options.write) write(JSON.stringify(result));
  if (defects.length > 0) process.exitCode = 1;
}

const argv = process.argv.slice(2);
const startedMs = performance.now();
process.once('SIGINT', () => process.exit(130)); // what was started ends with this process
process.once('SIGTERM', () => process.exit(143));
try {
  const table = parseTableOptions(argv, TARGETS);
  if (table === undefined) {
    await measure((line) =>
      console.error(`${((performance.now() - startedMs) / 1_000).toFixed(0).padStart(4)} s  ${line}`),
    );
  } else {
    if (!table.isList && !table.isTrial && table.operator === undefined && operatorOf([]).endsWith('+'))
      throw new Error('the operator has changes that are in no commit: nobody could tell which one the figures are of');
    mkdirSync(folder, { recursive: true });
    const failed = await fillTable(table, TARGETS, { runs, page, picture }, runAsProcess, (line) => console.log(line));
    writeFileSync(scale, withScale(readFileSync(scale, 'utf8'), TARGETS, keptRuns(runs)));
    if (failed > 0) process.exitCode = 1;
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
// After a failure something may still wait for an answer that will not come.
process.exit();
