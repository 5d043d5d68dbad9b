import { Command, CommanderError } from 'commander';
import { devCommand } from './dev-command.ts';
import { emulatorCommand } from './emulator-command.ts';
import { logLevelCommand } from './log-level-command.ts';
import { Screen } from './screen.ts';

/** Runs a command until it is done or stopped. @returns the exit code: 2 for what cannot be understood */
export async function run(argv: readonly string[], tell: (text: string) => void): Promise<number> {
  try {
    await program(tell).parseAsync([...argv], { from: 'user' });
    return 0;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
    tell(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
    return 1;
  }
}

/** @param tell takes what went wrong */
function program(tell: (text: string) => void): Command {
  const root = new Command('wasabi-s3-operator')
    .description('What comes with the operator, for those who try it and who write against it.')
    .addHelpText(
      'after',
      '\nThe operator itself is started by "npm start -- [flags]"; "npm start -- --help" lists the flags.',
    )
    .addCommand(demoCommand())
    .addCommand(devCommand())
    .addCommand(emulatorCommand())
    .addCommand(logLevelCommand());
  for (const command of [root, ...root.commands]) {
    command.exitOverride().showHelpAfterError('--help tells more.').configureOutput({ writeErr: tell });
  }
  return root;
}

function demoCommand(): Command {
  return new Command('demo')
    .description('the whole operator against a control plane and a Wasabi on this machine')
    .action(demo);
}

async function demo(): Promise<void> {
  const { runDemo } = await import('./demo.ts'); // it loads half of what there is
  const screen = new Screen(
    (text) => process.stdout.write(text),
    () => performance.now(),
  );
  const stopping = new AbortController();
  process.once('SIGINT', () => stopping.abort(new Error('interrupted')));
  await runDemo(screen, stopping.signal).catch((thrown: unknown) => {
    throw new Error(`The demo failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { cause: thrown });
  });
  screen.end('Done: everything that was made is gone again.');
}
