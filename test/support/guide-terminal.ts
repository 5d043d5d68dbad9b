import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where somebody types. */
export interface Desk {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

/** No command of a guide takes longer. */
const DEADLINE_MS = 120_000;
const FLAGS = ['--noprofile', '--norc', '-e', '-u', '-o', 'pipefail'];

/** A shell that keeps its variables from block to block. The first command that fails ends it. */
export class Terminal {
  readonly #desk: Desk;
  readonly #shell: Shell;
  #blocks = 0;

  constructor(desk: Desk) {
    this.#desk = desk;
    this.#shell = new Shell(desk, []);
  }

  /** Types those lines. @returns what they printed @throws Error with that when one fails or takes too long */
  async type(text: string): Promise<string> {
    const { child } = this.#shell;
    this.#blocks += 1;
    const [file, end] = [join(this.#desk.env['HOME'] ?? '', `typed-${this.#blocks}.sh`), `typed ${this.#blocks}`];
    await writeFile(file, text);
    const from = this.#shell.output.length;
    // What is typed must not read what is typed next.
    child.stdin?.write(`source '${file}' </dev/null\necho '${end}'\n`);
    const printed = () => this.#shell.output.slice(from);
    const isDone = await this.#shell.until(() => printed().endsWith(`${end}\n`), DEADLINE_MS);
    if (!isDone) throw new Error(`failed, or not done within ${DEADLINE_MS} ms:\n${text}\n---\n${printed()}`);
    return printed().slice(0, -end.length - 1);
  }

  close(): void {
    this.#shell.kill();
  }
}

/** A terminal whose program runs until somebody presses Ctrl-C. */
export class BusyTerminal {
  readonly #shell: Shell;
  readonly #text: string;

  constructor(desk: Desk, text: string) {
    this.#text = text;
    this.#shell = new Shell(desk, ['-c', text]);
  }

  /** What it printed so far. */
  get output(): string {
    return this.#shell.output;
  }

  /** Presses Ctrl-C and waits for the prompt. @throws Error when the program had ended before, or goes on */
  async interrupt(): Promise<void> {
    if (this.#shell.hasEnded) throw new Error(`ended by itself:\n${this.#text}\n---\n${this.output}`);
    this.#shell.kill('SIGINT');
    const isOver = await this.#shell.until(() => this.#shell.hasEnded, DEADLINE_MS);
    if (!isOver) throw new Error(`goes on after Ctrl-C:\n${this.#text}\n---\n${this.output}`);
  }

  close(): void {
    this.#shell.kill();
  }
}

/** A shell in a process group of its own, which does not outlive this process. */
class Shell {
  readonly child: ChildProcess;
  output = '';
  hasEnded = false;
  readonly #waiting = new Set<() => void>();

  constructor({ folder, env }: Desk, args: readonly string[]) {
    this.child = spawn('bash', [...FLAGS, ...args], { cwd: folder, env, detached: true });
    const changed = () => {
      for (const look of this.#waiting) look();
    };
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        changed();
      });
    }
    // A shell that has ended takes no input.
    this.child.stdin?.on('error', () => undefined);
    const exit = () => this.kill();
    process.once('exit', exit);
    this.child.once('close', () => {
      process.removeListener('exit', exit);
      this.hasEnded = true;
      changed();
    });
  }

  /** Signals everything that was started in it. */
  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    const { pid } = this.child;
    if (pid === undefined || this.hasEnded) return;
    try {
      process.kill(-pid, signal);
    } catch (error) {
      // It ended a moment ago.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  /** Waits until that is so; false: the shell ended first, or it took longer. */
  until(isSo: () => boolean, deadlineMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (isDone: boolean) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(isDone);
      };
      const look = () => {
        if (isSo()) settle(true);
        else if (this.hasEnded) settle(false);
      };
      const timer = setTimeout(() => settle(false), deadlineMs);
      this.#waiting.add(look);
      look();
    });
  }
}
