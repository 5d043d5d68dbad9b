import { readFileSync } from 'node:fs';
import { execForm, parseDockerfile } from '../scripts/image/dockerfile.ts';

/** MiB that the chart allows a container. */
const CONTAINER_MIB = 512;
const SHARE_OF_CONTAINER = '--max-old-space-size-percentage=';

/** What Node.js is told in the image, in a container as the chart starts it. @throws Error when the image tells it nothing */
export function imageFlags(): readonly string[] {
  const text = readFileSync(new URL('../Dockerfile', import.meta.url), 'utf8');
  const entries = parseDockerfile(text).stages.flatMap(({ instructions }) =>
    instructions.filter(({ name }) => name === 'ENTRYPOINT'),
  );
  const flags = entries.flatMap((entry) => execForm(entry) ?? []).filter((word) => word.startsWith('--'));
  if (flags.length === 0) throw new Error('Dockerfile: no ENTRYPOINT with flags');
  // Here no container bounds the memory of which it would be a share.
  return flags.map((flag) => (flag.startsWith(SHARE_OF_CONTAINER) ? heapOf(flag) : flag));
}

function heapOf(flag: string): string {
  const percent = Number(flag.slice(SHARE_OF_CONTAINER.length));
  return `--max-old-space-size=${Math.floor((CONTAINER_MIB * percent) / 100)}`;
}
