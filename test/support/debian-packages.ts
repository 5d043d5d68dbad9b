import { spawnSync } from 'node:child_process';

const APT_MS = 300_000;

/**
 * Installs packages by Debian's own means, as root alone; whoever needs them looks afterwards whether they are there.
 * @param say takes lines about it
 */
export function installPackages(packages: readonly string[], say: (line: string) => void): void {
  const isRoot = process.getuid?.() === 0;
  if (packages.length === 0 || !isRoot || !succeeds('apt-get', ['--version'], say)) return;
  say(`installing ${packages.join(', ')} by apt-get`);
  if (!succeeds('apt-get', ['update'], say)) return;
  succeeds('apt-get', ['install', '-y', '--no-install-recommends', ...packages], say);
}

function succeeds(program: string, args: readonly string[], say: (line: string) => void): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status, stderr } = spawnSync(program, args, { env, encoding: 'utf8', timeout: APT_MS });
  if (status !== 0 && stderr !== '') say(stderr.trim());
  return status === 0;
}
