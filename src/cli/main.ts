import { runDemo } from './demo.ts';
import { Screen } from './screen.ts';

const USAGE = `Usage: wasabi-s3-operator COMMAND

  demo    the whole operator against a control plane and a Wasabi on this machine

The operator itself is started by "npm start -- [flags]"; "npm start -- --help" lists the flags.
`;

/** @returns the exit code */
async function main(argv: readonly string[]): Promise<number> {
  const [command, ...rest] = argv;
  if (command === 'demo' && rest.length === 0) return demo();
  const isHelp = command === '--help' || command === '-h';
  (isHelp ? process.stdout : process.stderr).write(USAGE);
  return isHelp ? 0 : 2;
}

async function demo(): Promise<number> {
  const screen = new Screen(
    (text) => process.stdout.write(text),
    () => performance.now(),
  );
  const stopping = new AbortController();
  process.once('SIGINT', () => stopping.abort(new Error('interrupted')));
  try {
    await runDemo(screen, stopping.signal);
    screen.end('Done: everything that was made is gone again.');
    return 0;
  } catch (thrown) {
    screen.end(`The demo failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
