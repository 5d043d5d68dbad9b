import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { blocksOf, type GuideBlock, isTyped } from './guide-blocks.ts';
import { BusyTerminal, type Desk, Terminal } from './guide-terminal.ts';

/**
 * Somebody who follows a guide: types the blocks of its sections as they stand in the page, each into the terminal that
 * it belongs to.
 */
export class GuideReader {
  readonly #t: TestContext;
  readonly #path: string;
  readonly #left: GuideBlock[];
  readonly #busy = new Map<string, BusyTerminal>();
  #desk: Desk;
  #main: Terminal;

  constructor(t: TestContext, path: string, desk: Desk) {
    this.#t = t;
    this.#path = path;
    this.#left = blocksOf(path).filter(isTyped);
    this.#desk = desk;
    this.#main = new Terminal(desk);
    t.after(() => {
      this.#main.close();
      for (const terminal of this.#busy.values()) terminal.close();
    });
  }

  /** Goes on at another cluster, in the same folder: what was typed before is forgotten. */
  useCluster(kubeconfig: string): void {
    this.#main.close();
    this.#desk = { ...this.#desk, env: { ...this.#desk.env, KUBECONFIG: kubeconfig } };
    this.#main = new Terminal(this.#desk);
  }

  /** Presses Ctrl-C in that terminal. */
  async interrupt(terminal: string): Promise<void> {
    await this.#busy.get(terminal)?.interrupt();
    this.#busy.delete(terminal);
  }

  /**
   * Types all blocks of the next section that has some.
   * @param given what the reader fills in, by name: it takes the place of the value in the line `NAME=value`
   * @returns what was printed, without what keeps a terminal busy
   * @throws Error when the guide has another section there, lacks such a line, or a command fails
   */
  async section(title: string, given: Readonly<Record<string, string>> = {}): Promise<string> {
    assert.equal(this.#left[0]?.section, title, `${this.#path}: the next section with something to type`);
    const open = new Map(Object.entries(given));
    let printed = '';
    while (this.#left[0]?.section === title) {
      const block = this.#left.shift();
      if (block !== undefined) printed += await this.#follow(block, open);
    }
    assert.deepEqual([...open.keys()], [], `${this.#path}, ${title}: no line to fill these in`);
    return printed;
  }

  /** The guide has been followed to its end. */
  end(): void {
    const left = this.#left.filter(({ untested }) => untested === undefined).map(({ line }) => `line ${line}`);
    assert.deepEqual(left, [], `${this.#path}: typed by nobody`);
    for (const block of this.#left) this.#tell(block, `not typed: ${block.untested}`);
  }

  async #follow(block: GuideBlock, open: Map<string, string>): Promise<string> {
    if (block.untested !== undefined) {
      this.#tell(block, `not typed: ${block.untested}`);
      return '';
    }
    const text = filledIn(block.text, open, (what) => this.#tell(block, what));
    this.#tell(block, `typed${block.terminal === undefined ? '' : ` into the terminal ${block.terminal}`}`);
    if (block.terminal === undefined) {
      return this.#main.type(text).catch((error: Error) => {
        const others = [...this.#busy].map(([name, { output }]) => `terminal ${name}:\n${output.slice(-4000)}`);
        throw new Error([`${this.#path}:${block.line}: ${error.message}`, ...others].join('\n---\n'));
      });
    }
    await this.interrupt(block.terminal);
    this.#busy.set(block.terminal, new BusyTerminal(this.#desk, text));
    return '';
  }

  #tell(block: GuideBlock, what: string): void {
    this.#t.diagnostic(`${this.#path}:${block.line} ${what}`);
  }
}

function filledIn(text: string, open: Map<string, string>, tell: (what: string) => void): string {
  return text.replace(/^(\w+)=.*$/gm, (line, name: string) => {
    const value = open.get(name);
    if (value === undefined) return line;
    open.delete(name);
    tell(`filled in: ${name}=${value}`);
    return `${name}='${value}'`;
  });
}
