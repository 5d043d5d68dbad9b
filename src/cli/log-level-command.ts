import { request } from 'node:http';
import { Argument, Command, Option } from 'commander';
import { ADMIN_PORT } from '../telemetry/admin-port.ts';
import { LOG_LEVELS } from '../telemetry/log-level.ts';

/** Whoever may exec into the pod may wait so long. */
const ANSWER_MS = 5_000;

/** `log-level`: what the operator in this container or on this machine logs. */
export function logLevelCommand(): Command {
  return new Command('log-level')
    .summary('what the operator that runs here logs')
    .description(
      'Tells what the operator that runs in this container, or on this machine, logs; with a level, changes it until the\nprocess ends.',
    )
    .addArgument(new Argument('[level]', 'from now on').choices(LOG_LEVELS))
    .addOption(new Option('--port <number>', 'its --admin-port').default(String(ADMIN_PORT)).env('ADMIN_PORT'))
    .action(async (level: string | undefined, { port }: { readonly port: string }) => {
      const { status, text } = await asked(Number(port), level);
      if (status !== 200) throw new Error(text.trim());
      process.stdout.write(text);
    });
}

function asked(port: number, level: string | undefined): Promise<{ readonly status: number; readonly text: string }> {
  const method = level === undefined ? 'GET' : 'PUT';
  return new Promise((resolve, reject) => {
    const fail = (cause: Error) => {
      const advice = 'does an operator run here, and is that its --admin-port?';
      reject(new Error(`127.0.0.1:${port} does not answer: ${cause.message}: ${advice}`, { cause }));
    };
    const signal = AbortSignal.timeout(ANSWER_MS);
    const call = request({ host: '127.0.0.1', port, path: '/log-level', method, signal }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('error', fail).on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    call.on('error', fail).end(level);
  });
}
