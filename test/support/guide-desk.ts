import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ensureHelm } from '../cluster/helm.ts';
import { ensureKubectl } from '../cluster/kubectl.ts';
import { CHECKOUT } from './guide-blocks.ts';
import type { Desk } from './guide-terminal.ts';

/** The programs that guides call. */
export interface GuidePrograms {
  readonly kubectl: string;
  readonly helm: string;
}

/** Found or built; `undefined`: there is neither a program nor a Go to build it with. */
export async function guidePrograms(): Promise<GuidePrograms | undefined> {
  const [kubectl, helm] = [await ensureKubectl(), await ensureHelm()];
  return kubectl === undefined || helm === undefined ? undefined : { kubectl, helm };
}

/** Whether the machine has that program, which guides take for granted. */
export function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version']).status === 0;
}

/**
 * A checkout with a reader in it: nothing of this one is changed by what is typed, nothing of the user's own settings
 * is seen, and the operator may call that port on loopback in place of Wasabi.
 */
export function deskFor(t: TestContext, programs: GuidePrograms, kubeconfig: string, wasabiPort: number): Desk {
  const home = mkdtempSync(join(tmpdir(), 'guide-'));
  t.after(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));
  const [folder, bin] = [join(home, 'checkout'), join(home, 'bin')];
  for (const made of [folder, bin]) mkdirSync(made);
  for (const name of ['package.json', 'src', 'node_modules']) symlinkSync(inCheckout(name), join(folder, name));
  // Readers write into these.
  for (const name of ['chart', 'examples']) cpSync(inCheckout(name), join(folder, name), { recursive: true });
  for (const [name, path] of Object.entries(programs)) symlinkSync(path, join(bin, name));
  const env = {
    HOME: home,
    PATH: [bin, dirname(process.execPath), process.env['PATH']].join(':'),
    KUBECONFIG: kubeconfig,
    ALLOWED_ENDPOINTS: `http://*.localhost:${wasabiPort}`,
    METRICS_PORT: '0',
    LOG_FORMAT: 'text',
  };
  return { folder, env };
}

function inCheckout(name: string): string {
  return fileURLToPath(new URL(name, CHECKOUT));
}
