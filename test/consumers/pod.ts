import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import type { SecretObject } from '../../src/kinds/provider-secrets.ts';

const execute = promisify(execFile);
/** No program here takes a tenth of it. */
const TIMEOUT_MS = 120_000;

/** What a container has of a Secret: every key as a variable (`envFrom`), or as a file in a folder (a volume). */
export type SecretUse = 'envFrom' | 'volume';

/** What a container starts with: one Secret, an empty home, and a folder to work in. */
export class Pod {
  /** Where the Secret is mounted; empty with `envFrom`. */
  readonly secrets: string;
  /** Of this pod alone. */
  readonly folder: string;
  readonly #env: NodeJS.ProcessEnv;

  /** @param env what the container is given beside the Secret, since nobody keeps it secret */
  constructor(t: TestContext, secret: SecretObject, use: SecretUse, env: NodeJS.ProcessEnv = {}) {
    this.folder = mkdtempSync(join(tmpdir(), 'consumer-'));
    t.after(() => rmSync(this.folder, { recursive: true, force: true }));
    this.secrets = join(this.folder, 'secrets');
    const home = join(this.folder, 'home');
    for (const each of [this.secrets, home]) mkdirSync(each);
    const values = Object.entries(secret.data ?? {}).map(([key, text]) => [key, Buffer.from(text, 'base64')] as const);
    if (use === 'volume') mount(this.secrets, values);
    const variables = use === 'envFrom' ? values.map(([key, value]) => [key, value.toString('utf8')]) : [];
    this.#env = { PATH: process.env['PATH'], HOME: home, ...env, ...Object.fromEntries(variables) };
  }

  /** Runs a program with nothing of this process's environment but PATH. @returns its output @throws Error with what it printed */
  async run(program: string, ...args: readonly string[]): Promise<string> {
    const options = { cwd: this.folder, env: this.#env, timeout: TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 };
    const { stdout } = await execute(program, args, options).catch((cause: Error & { stdout?: string }) => {
      throw new Error(`${cause.message}\n${cause.stdout ?? ''}`, { cause });
    });
    return stdout;
  }

  /** The value of a variable of its environment. */
  variable(name: string): string {
    return this.#env[name] ?? '';
  }

  /** Writes a file into its folder. @returns its path */
  write(name: string, content: Uint8Array): string {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    return path;
  }

  /** What stands in that file. */
  read(path: string): Buffer {
    return readFileSync(path);
  }
}

/** As a kubelet does it: the files stand in a folder of their own, and each name is a link by way of `..data`. */
function mount(folder: string, values: readonly (readonly [string, Uint8Array])[]): void {
  mkdirSync(join(folder, '..2030_01_01'));
  symlinkSync('..2030_01_01', join(folder, '..data'));
  for (const [key, value] of values) {
    writeFileSync(join(folder, '..2030_01_01', key), value, { mode: 0o444 });
    symlinkSync(join('..data', key), join(folder, key));
  }
}
