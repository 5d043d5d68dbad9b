import { join } from 'node:path';
import { Command } from 'commander';
import { freeze, makeVersion, notesOf, releaseProblems, stateOf, sync } from './release/steps.ts';

/** `npm run release -- COMMAND`: what a release is made of; docs/releases.md says when. */
const ROOT = join(import.meta.dirname, '..');

const commands: Readonly<Record<string, readonly [what: string, run: () => void]>> = {
  version: ['turn the changesets into the next version', () => makeVersion(ROOT)],
  sync: ['write the version of package.json wherever it stands', () => sync(ROOT)],
  freeze: ['freeze the definitions of a version that is not released', () => freeze(ROOT)],
  check: ['fail where the version is not everywhere, or changesets are left', check],
  state: ['print version=, next= and publish= for a pipeline', state],
  notes: ['print what the changelog says of this version', () => console.log(notesOf(ROOT))],
};

function check(): void {
  const problems = releaseProblems(ROOT);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
}

function state(): void {
  for (const [name, value] of Object.entries(stateOf(ROOT))) console.log(`${name}=${value}`);
}

const program = new Command('npm run release --').description('Versions and their releases.');
for (const [name, [what, run]] of Object.entries(commands)) program.command(name).description(what).action(run);
try {
  await program.parseAsync();
} catch (thrown) {
  console.error(thrown instanceof Error ? thrown.message : thrown);
  process.exitCode = 1;
}
