import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Stryker } from '@stryker-mutator/core';
import type { Group } from './groups.ts';
import type { Mutant } from './verdict.ts';

const ROOT = join(import.meta.dirname, '../..');
/** What a mutant may take beside one and a half times what the suites take: one that never ends is told by that. */
const TIMEOUT_MS = 3_000;
/** What no suite of a group reads; the copy in which the mutants stand has the rest. */
const LEFT_OUT = ['/bench', '/chart', '/deploy', '/docs', '/examples', '/scripts', '/tsconfig.json'];

type Result = Awaited<ReturnType<Stryker['runMutationTest']>>[number];

/**
 * Makes each mutant of that group, in a copy of the repository, and runs the suites that reach it. The copy lives outside
 * of the repository.
 * @param concurrency mutants at once; by default as many as there are processors
 * @param files a part of the group's, each with a range of lines or without: `src/x.ts:10-20`
 * @throws Error when the suites fail without any mutant
 */
export async function mutate(
  group: Group,
  {
    concurrency = availableParallelism(),
    files = group.files,
  }: { concurrency?: number; files?: readonly string[] } = {},
): Promise<readonly Mutant[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mutation-'));
  // All mutants of a file stand in one text: it is compiled once.
  process.env['NODE_COMPILE_CACHE'] = join(folder, 'compiled');
  try {
    const configFile = join(folder, 'stryker.json');
    writeFileSync(configFile, JSON.stringify(optionsFor(group, files, folder, concurrency)));
    const results = await new Stryker({ configFile }).runMutationTest();
    return results.map(mutantOf);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Stryker's options, as its file has them. */
function optionsFor(group: Group, files: readonly string[], folder: string, concurrency: number): object {
  return {
    mutate: files,
    testRunner: 'tap',
    plugins: [import.meta.resolve('@stryker-mutator/tap-runner')],
    tap: { testFiles: group.suites, forceBail: true },
    mutator: { excludedMutations: group.changesTexts ? [] : ['StringLiteral'] },
    ignorePatterns: LEFT_OUT,
    disableTypeChecks: false,
    coverageAnalysis: 'perTest',
    concurrency,
    timeoutMS: TIMEOUT_MS,
    tempDirName: join(folder, 'copies'),
    reporters: ['json'],
    jsonReporter: { fileName: join(folder, 'report.json') },
    logLevel: 'warn',
    allowConsoleColors: false,
  };
}

const FATES: Readonly<Record<Result['status'], Mutant['fate']>> = {
  Killed: 'Told',
  Timeout: 'TimedOut',
  Survived: 'Survived',
  NoCoverage: 'NoTest',
  CompileError: 'Invalid',
  RuntimeError: 'Invalid',
  Ignored: 'Invalid',
  Pending: 'Invalid',
};

function mutantOf({ fileName, location, mutatorName, replacement, status }: Result): Mutant {
  const file = relative(ROOT, fileName);
  const lines = readFileSync(join(ROOT, file), 'utf8').split('\n');
  const { start, end } = location;
  const inside = lines.slice(start.line - 1, end.line);
  const last = inside.length - 1;
  const from = inside
    .map((line, index) => line.slice(index === 0 ? start.column - 1 : 0, index === last ? end.column - 1 : undefined))
    .join('\n');
  return {
    file,
    lineNumber: start.line,
    line: (inside[0] ?? '').trim(),
    mutator: mutatorName,
    from,
    to: replacement,
    fate: FATES[status],
  };
}
