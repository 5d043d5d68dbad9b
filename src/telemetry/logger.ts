import { type DestinationStream, type Logger as Pino, pino } from 'pino';
import { type Clock, systemClock } from '../runtime/clock.ts';
import type { LogFields } from './log-fields.ts';
import type { LogLevel } from './log-level.ts';
import { directOutput, type LogOutput, StandardOutput } from './log-output.ts';
import { LogScopes } from './log-scope.ts';
import { textLine } from './log-text.ts';
import { loggedFields } from './log-values.ts';

/** A text that stands in the source as it is: what varies goes into the fields, else lines cannot be searched. */
export type ConstantText<M extends string> = string extends M ? never : M;

/** Where facts are logged. The message is constant; the fields are those of the table in `log-fields.ts`. */
export interface Log {
  debug<M extends string>(fields: LogFields, message: ConstantText<M>): void;
  info<M extends string>(fields: LogFields, message: ConstantText<M>): void;
  warn<M extends string>(fields: LogFields, message: ConstantText<M>): void;
  error<M extends string>(fields: LogFields, message: ConstantText<M>): void;
  /** A call that destroyed something, or gave or took rights: printed whatever the level is. Its message is `audit`. */
  audit(fields: LogFields): void;
  /** Runs; every line that is logged while that goes on carries those fields, too, whoever logs it. */
  within<T>(fields: LogFields, run: () => T): T;
  /** Adds fields to the innermost `within` that goes on. */
  note(fields: LogFields): void;
  /** The log for what goes on by itself, though somebody's `within` may have started it: it takes no fields of one. */
  apart(): Log;
}

/** The log of the process, as the composition root has it. */
export interface Logger extends Log {
  /** What is logged from now on. */
  level: LogLevel;
  /** Resolves once everything is written, or after two seconds when nobody reads. */
  flush(): Promise<void>;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** `json`: an object a line, for collectors. `text`: for a terminal. */
  readonly format: 'json' | 'text';
  /** Default: standard output, written without ever blocking the process: warnings, errors and audit lines at once, others within a moment. Gets whole lines. */
  readonly destination?: { write(line: string): unknown };
  /** Colours in the text format; default: when standard output is a terminal. */
  readonly isColoured?: boolean;
  readonly clock?: Clock;
}

/** Makes the log of the process: pino without transports, so that it survives bundling and starts no threads. */
export function createLogger(options: LoggerOptions): Logger {
  const { level, format, destination, clock = systemClock } = options;
  const output = destination === undefined ? new StandardOutput(clock) : directOutput(destination);
  const isColoured = options.isColoured ?? (destination === undefined && process.stdout.isTTY);
  const sink: DestinationStream = {
    write: (line) => output.write(format === 'json' ? line : textLine(line, isColoured)),
  };
  const lines = {
    base: null,
    messageKey: 'message',
    timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const audit = pino({ ...lines, level: 'info' }, sink);
  return new PinoLogger({ root: pino({ ...lines, level }, sink), audit, scopes: new LogScopes(), output });
}

/** What all views of one log share. */
interface Parts {
  readonly root: Pino;
  /** Its level never changes. */
  readonly audit: Pino;
  readonly scopes: LogScopes;
  readonly output: LogOutput;
}

class PinoLogger implements Logger {
  readonly #parts: Parts;
  readonly #isApart: boolean;

  constructor(parts: Parts, isApart = false) {
    this.#parts = parts;
    this.#isApart = isApart;
  }

  get level(): LogLevel {
    return this.#parts.root.level as LogLevel; // only a LogLevel is ever put there
  }

  set level(level: LogLevel) {
    this.#parts.root.level = level;
  }

  debug(fields: LogFields, message: string): void {
    this.#write('debug', fields, message);
  }

  info(fields: LogFields, message: string): void {
    this.#write('info', fields, message);
  }

  warn(fields: LogFields, message: string): void {
    this.#write('warn', fields, message);
  }

  error(fields: LogFields, message: string): void {
    this.#write('error', fields, message);
  }

  audit(fields: LogFields): void {
    this.#parts.audit.info(loggedFields(this.#withScope(fields)), 'audit');
    this.#parts.output.send();
  }

  flush(): Promise<void> {
    return this.#parts.output.flush();
  }

  within<T>(fields: LogFields, run: () => T): T {
    return this.#parts.scopes.within(fields, run);
  }

  note(fields: LogFields): void {
    this.#parts.scopes.note(fields);
  }

  apart(): Log {
    return new PinoLogger(this.#parts, true);
  }

  #write(level: LogLevel, fields: LogFields, message: string): void {
    if (!this.#parts.root.isLevelEnabled(level)) return;
    this.#parts.root[level](loggedFields(this.#withScope(fields)), message);
    if (level === 'warn' || level === 'error') this.#parts.output.send();
  }

  #withScope(fields: LogFields): LogFields {
    return this.#isApart ? fields : { ...this.#parts.scopes.fields, ...fields };
  }
}
