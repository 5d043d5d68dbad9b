import assert from 'node:assert/strict';
import { commandOf, parseOptions } from '../../bench/options.ts';

/** What the benchmark says of arguments that it does not take. */
export function benchProblem(...argv: readonly string[]): string {
  let problem = '';
  const command = commandOf()
    .exitOverride()
    .configureOutput({
      writeErr: (text) => {
        problem = text;
      },
    });
  assert.throws(() => parseOptions(argv, command));
  return problem;
}
