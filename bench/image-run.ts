import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare } from '../scripts/image/container.ts';
import { runStages } from '../scripts/image/stages.ts';
import { type ImageResult, measureStarts, sizesOf } from './image.ts';

/** Runs the stages of the Dockerfile in folders and starts what they make. @throws Error when a stage or a start fails */
export async function runImageBench(
  options: { readonly starts: number },
  say: (line: string) => void,
): Promise<ImageResult> {
  const folder = mkdtempSync(join(tmpdir(), 'image-bench-'));
  try {
    chmodSync(folder, 0o755); // the user of the image has to get in
    const image = runStages({ root: join(import.meta.dirname, '..'), folder, packages: 'link' });
    say('the stages have run');
    const sizes = sizesOf(image);
    const runnable = prepare(image);
    return { isolation: runnable.isolation, ...sizes, starts: await measureStarts(runnable, options.starts) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
