import { parseArgs } from 'node:util';
import { GROUPS, type Group } from './groups.ts';
import { mutate } from './mutate.ts';
import { EXPLAINED } from './survivors.ts';
import { told, verdictOf } from './verdict.ts';

/**
 * `npm run test:mutation`: changes the decisions of the operator one place at a time, and says which changes no suite
 * tells. `-- GROUP…` takes these groups alone.
 */
const HELP = `npm run test:mutation -- [GROUP…] [--file FILE[:FIRST-LAST]…] [--concurrency N]

Changes the decisions of the operator, one place at a time, and runs the suites that reach it: a change that none of them
tells has survived. Fails where a group reaches less than it has to, and where test/mutation/survivors.ts explains what
is no survivor any more.

  --list           the groups
  --file           only these files, or lines, of the groups; the score is not judged
  --concurrency    changes at once (default: as many as there are processors)
  --help           this text`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    list: { type: 'boolean' },
    help: { type: 'boolean' },
    file: { type: 'string', multiple: true },
    concurrency: { type: 'string' },
  },
});

if (values.help === true) console.log(HELP);
else if (values.list === true) for (const group of GROUPS) console.log(described(group));
else process.exitCode = (await runGroups()) ? 0 : 1;

function described({ name, about, leastScore, files }: Group): string {
  return `${name} (least ${leastScore} %): ${about}\n  ${files.join('\n  ')}`;
}

/** @returns whether each reached what it has to */
async function runGroups(): Promise<boolean> {
  const unknown = positionals.filter((name) => !GROUPS.some((group) => group.name === name));
  if (unknown.length > 0) {
    console.error(`no such group: ${unknown.join(', ')}; there are ${GROUPS.map(({ name }) => name).join(', ')}`);
    return false;
  }
  const chosen = positionals.length === 0 ? GROUPS : GROUPS.filter(({ name }) => positionals.includes(name));
  let isGood = true;
  for (const group of chosen) isGood = (await runGroup(group)) && isGood;
  return isGood;
}

async function runGroup(group: Group): Promise<boolean> {
  const startedMs = performance.now();
  const files = values.file?.filter((file) => group.files.includes(pathOf(file)));
  if (files?.length === 0) return true;
  const concurrency = values.concurrency === undefined ? {} : { concurrency: Number(values.concurrency) };
  const mutants = await mutate(group, { ...concurrency, ...(files === undefined ? {} : { files }) });
  const explained = EXPLAINED.filter(({ file }) => group.files.includes(file));
  const verdict = verdictOf(mutants, explained);
  const seconds = Math.round((performance.now() - startedMs) / 1_000);
  const counts = `${verdict.told} told and ${verdict.explained} explained of ${verdict.valid}, in ${seconds} s`;
  console.log(`${group.name}: ${verdict.score.toFixed(1)} % (least ${group.leastScore}): ${counts}`);
  for (const mutant of verdict.survivors) console.log(`  survived: ${told(mutant)}`);
  if (files !== undefined) return true;
  for (const { file, line, mutator } of verdict.unneeded) {
    console.log(`  explained, and no survivor: ${file}: ${mutator}: ${line}`);
  }
  return verdict.score >= group.leastScore && verdict.unneeded.length === 0;
}

/** Without the range of lines. */
function pathOf(file: string): string {
  return file.replace(/:[\d:-]+$/u, '');
}
