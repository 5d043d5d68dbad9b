import { Command, Option } from 'commander';
import { addEmulatorOptions, type emulatorFlags, whole } from './emulator-options.ts';

/** As commander hands them over. */
export type DevValues = Parameters<typeof emulatorFlags>[0] & { readonly data?: string; readonly kubePort?: number };

/** `dev`: a Kubernetes API with our kinds, and a Wasabi, for those who write against them. */
export function devCommand(): Command {
  const command = new Command('dev')
    .summary('a Kubernetes API with our kinds, and a Wasabi')
    .description(
      'A Kubernetes API on 127.0.0.1 that knows our kinds and ReferenceGrants, and a Wasabi beside it. There is no operator: start yours.\nkubectl works on it; there are no pods, no RBAC and no webhooks.',
    )
    .option('--data <dir>', 'keep the state of both in this folder; else it is gone with the process')
    .addOption(
      new Option(
        '--kube-port <n>',
        'port of the Kubernetes API; 0 takes a free one; by default the one that --data keeps, else a free one',
      ).argParser(whole(0, 65_535)),
    )
    .addHelpText('after', examples);
  return addEmulatorOptions(command).action(async (values: DevValues) => {
    const { runDev } = await import('./dev.ts'); // it loads half of what there is
    await runDev(values);
  });
}

const examples = `
Examples:
  $ wasabi-s3-operator dev
  $ wasabi-s3-operator dev --data ./dev --kube-port 6443`;
