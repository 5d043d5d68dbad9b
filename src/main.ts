import { type Config, parseConfig } from './config.ts';
import { systemClock } from './runtime/clock.ts';
import { asError, ReconcileError, StartError } from './runtime/errors.ts';
import { loadClusterAccess } from './runtime/kubeconfig.ts';
import { startOperator } from './start-operator.ts';
import { startAdminServer } from './telemetry/admin-server.ts';
import type { Listening } from './telemetry/listening.ts';
import { createLogger, type Logger } from './telemetry/logger.ts';

/** The process: settings from arguments and environment, until SIGTERM or SIGINT. @returns the exit code */
export async function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const parsed = parseConfig(argv, env);
  if (parsed.type === 'Print') {
    process.stdout.write(parsed.text);
    return 0;
  }
  if (parsed.type === 'Problems') {
    process.stderr.write(parsed.problems.map((problem) => `${problem}\n`).join(''));
    return 2;
  }
  const { config } = parsed;
  const log = createLogger({ level: config.logLevel, format: config.logFormat });
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    // Not once: Ctrl-C reaches what npm started twice, and a second signal that nobody takes would cut the drain short.
    process.on(signal, () => {
      if (stopping.signal.aborted) return;
      log.info({ signal }, 'stopping');
      stopping.abort();
    });
  }
  process.on('uncaughtException', (thrown: unknown) => {
    // Whatever it is, that nobody caught it is a defect of ours: the log has its stack.
    const error = new ReconcileError('Internal', 'an error that nobody caught', { cause: thrown });
    log.error({ error }, 'a defect ends this process');
    void log.flush().finally(() => process.exit(1)); // what it was doing is unknown: the next process finds out
  });
  if (config.ignored.length > 0) log.info({ settings: config.ignored }, 'settings without effect');
  if (config.warnings.length > 0) log.warn({ problems: config.warnings }, 'settings that cannot be used are left out');
  await using opened = new AsyncDisposableStack();
  try {
    const access = await loadClusterAccess({
      env,
      clock: systemClock,
      ...(config.kubeconfig === undefined ? {} : { kubeconfig: config.kubeconfig }),
    });
    const admin = await startAdmin(config, log);
    opened.defer(() => admin?.stop());
    const effects = { access, clock: systemClock, random: Math.random, log };
    const operator = await startOperator(config, effects, stopping.signal);
    const loss = await Promise.race([aborted(stopping.signal), operator.lost]);
    if (loss === undefined) {
      await operator.stop();
      return 0;
    }
    log.error({ reason: loss }, 'leadership is lost: this process ends, and another one goes on');
    await operator.stop(0);
    return 1;
  } catch (thrown) {
    if (stopping.signal.aborted) return 0;
    if (!(thrown instanceof StartError)) log.error({ error: asError(thrown) }, 'could not start');
    await log.flush();
    // The last line in a terminal is the one to read.
    if (thrown instanceof StartError) process.stderr.write(`${thrown.message}\n`);
    return 1;
  }
}

/** An operator works without: two of them may share a machine. */
async function startAdmin({ adminPort, profiling }: Config, log: Logger): Promise<Listening | undefined> {
  try {
    const profiler = profiling ? new (await import('./telemetry/profiler.ts')).Profiler(systemClock) : undefined;
    const admin = await startAdminServer({ port: adminPort, log, profiler });
    log.info({ adminPort: admin.port, isProfiling: profiling }, 'the log level can be changed on loopback');
    return admin;
  } catch (thrown) {
    const problems = thrown instanceof StartError ? [thrown.message] : undefined;
    log.warn(
      { problems, error: problems === undefined ? asError(thrown) : undefined },
      'the log level cannot be changed',
    );
    return undefined;
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2), process.env);
