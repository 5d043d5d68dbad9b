import { styleText } from 'node:util';

/** What the demo shows: steps with ticks, facts below them, and how long it all took. */
export class Screen {
  readonly #write: (text: string) => void;
  readonly #startedMs: number;
  readonly #nowMs: () => number;

  /** @param nowMs monotonic milliseconds */
  constructor(write: (text: string) => void, nowMs: () => number) {
    this.#write = write;
    this.#nowMs = nowMs;
    this.#startedMs = nowMs();
  }

  title(text: string): void {
    this.#write(`\n${styleText('bold', text)}\n`);
  }

  /** Runs one step, with a tick and its time when it is done. @throws what the step throws, after a cross */
  async step<T>(text: string, run: () => Promise<T>): Promise<T> {
    const fromMs = this.#nowMs();
    try {
      const result = await run();
      const took = `${((this.#nowMs() - fromMs) / 1_000).toFixed(1)} s`;
      this.#write(`  ${styleText('green', '✔')} ${text} ${styleText('dim', took)}\n`);
      return result;
    } catch (thrown) {
      this.#write(`  ${styleText('red', '✖')} ${text}\n`);
      throw thrown;
    }
  }

  /** One fact below a step. */
  fact(text: string): void {
    this.#write(`      ${styleText('dim', text)}\n`);
  }

  /** Lines as they would stand in a file. */
  listing(lines: readonly string[]): void {
    for (const line of lines) this.#write(`      ${styleText('cyan', line)}\n`);
  }

  end(text: string): void {
    const took = ((this.#nowMs() - this.#startedMs) / 1_000).toFixed(1);
    this.#write(`\n${styleText('bold', text)} ${styleText('dim', `(${took} s)`)}\n\n`);
  }
}
