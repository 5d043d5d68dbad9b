import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { lintDockerfile } from './image/lint.ts';
import { pinned } from './image/pin.ts';
import { runStages } from './image/stages.ts';

/** `npm run image -- COMMAND`: what can be done about the image without a container engine. */
const ROOT = join(import.meta.dirname, '..');
const DOCKERFILE = join(ROOT, 'Dockerfile');

function check({ release = false }: { readonly release?: boolean }): void {
  const problems = lintDockerfile(readFileSync(DOCKERFILE, 'utf8'), { isRelease: release });
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
}

async function pin(): Promise<void> {
  const text = readFileSync(DOCKERFILE, 'utf8');
  const next = await pinned(text);
  writeFileSync(DOCKERFILE, next);
  console.log(next === text ? 'the digests are those of today' : 'wrote the digests of today into the Dockerfile');
}

function stages(): void {
  const folder = mkdtempSync(join(tmpdir(), 'image-stages-'));
  try {
    const { entrypoint, user, ports } = runStages({
      root: ROOT,
      folder,
      packages: 'run',
      say: (line) => console.log(line),
    });
    console.log(`started as ${entrypoint.join(' ')}, user ${user}, port ${ports.join(', ')}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const program = new Command('npm run image --').description('The image, as far as no container engine is needed.');
program
  .command('check')
  .description('hold the Dockerfile against the rules of its language and against ours')
  .option('--release', 'and refuse a base image that is not pinned by digest')
  .action(check);
program.command('pin').description('write the digests of the base images into the Dockerfile').action(pin);
program.command('stages').description('run the stages of the Dockerfile in folders, npm ci included').action(stages);
await program.parseAsync().catch((thrown: unknown) => {
  console.error(thrown instanceof Error ? thrown.message : thrown);
  process.exitCode = 1;
});
