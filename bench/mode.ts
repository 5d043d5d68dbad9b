import type { Cores } from './cores.ts';
import { type Header, headerOf } from './header.ts';
import type { BenchOptions, OptionName } from './options.ts';

/** How a mode is called, and which options mean something to it. */
interface ModeWords {
  /** Its flag without dashes. That of what is measured without a flag is none. */
  readonly name: string;
  /** One line of the help. */
  readonly help: string;
  /** The options that mean something to it; any other one is refused. */
  readonly takes: readonly OptionName[];
  /** Values of options that are not given, where they differ from those of all modes. */
  readonly defaults?: Partial<BenchOptions>;
  /** The same with `--quick`; they win over `defaults`. */
  readonly quick?: Partial<BenchOptions>;
  /** Whether there need not be any Bucket. */
  readonly mayBeEmpty?: true;
  /** What is wrong with these options together; undefined: nothing. */
  readonly problemOf?: (options: BenchOptions) => string | undefined;
}

/** One thing that can be measured; `R` is what it finds. */
export interface ModeSpec<R extends object> extends ModeWords {
  /** @param say gets progress, one line at a time @throws Error when a part does not start or the operator ends */
  readonly run: (options: BenchOptions, cores: Cores, say: (line: string) => void) => Promise<R>;
  /** What a person reads. */
  readonly reportOf: (result: R) => string;
  /** What must never be, whatever the machine; with any, the run fails. */
  readonly defectsOf?: (result: R) => readonly string[];
}

/** What a run found, in all the forms it is told in. */
export interface Told {
  /** One line of JSON. */
  readonly result: Header;
  readonly report: string;
  readonly defects: readonly string[];
}

/** A mode as the command line knows it, whatever it finds. */
export interface Mode extends ModeWords {
  readonly measure: (options: BenchOptions, cores: Cores, say: (line: string) => void) => Promise<Told>;
}

/** A row of the table of modes. */
export function mode<R extends object>({ run, reportOf, defectsOf, ...words }: ModeSpec<R>): Mode {
  return {
    ...words,
    measure: async (options, cores, say) => {
      const header = headerOf(options, cores, words.takes); // of what begins now, whatever is committed meanwhile
      const found = await run(options, cores, say);
      return {
        result: { ...header, ...found, options: header.options },
        report: reportOf(found),
        defects: defectsOf?.(found) ?? [],
      };
    },
  };
}
