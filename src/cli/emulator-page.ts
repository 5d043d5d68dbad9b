import type { Option } from 'commander';
import { controlMarkdown } from '../emulator/control-reference.ts';
import { faultsMarkdown } from '../emulator/fault-reference.ts';
import { quirksMarkdown } from '../emulator/quirks.ts';
import { devCommand } from './dev-command.ts';
import { emulatorCommand } from './emulator-command.ts';

/** The page of the emulator in Markdown: its flags and its switches, from the tables that hold them. */
export function emulatorPage(): string {
  return [
    '# The emulator',
    '',
    "Wasabi's S3, IAM and STS on 127.0.0.1: real signatures, policies that are evaluated, configuration that is kept, and",
    "Wasabi's errors. What it does in which case, and how sure we are that Wasabi does the same, is in",
    "[Wasabi's behaviour](../wasabi.md), row by row; [which test shows which row](emulator-rows.md) is a page of its own.",
    '',
    '```sh untested="test/cli.test.ts starts it"',
    'npm run emulator -- --data ./wasabi    # alone, for the tests of an application',
    'npm run dev                            # with a Kubernetes API that knows our kinds',
    '```',
    '',
    'It tells its addresses and keys. `--variables-file` writes them as the variables that the AWS SDKs and the AWS CLI read,',
    'once it serves, so that a script can wait for that file. A request says by its host what it is for:',
    '`s3.REGION.localhost`, `iam.localhost`, `sts.localhost`; 127.0.0.1 is S3 of us-east-1, IAM and STS. Where the resolver does',
    'not know names under `localhost`, `--region-port` gives a region an address of its own. [In CI and in',
    'containers](../guides/testing-applications.md) shows it beside an application.',
    '',
    '## Flags',
    '',
    '| Flag | Default | Meaning | Of |',
    '| --- | --- | --- | --- |',
    ...flagRows(),
    '',
    '## Switches',
    '',
    'Where the evidence is thin or disagrees, `--switch NAME=VALUE` chooses another reading. A program that works with each of',
    'them works with Wasabi, as far as we know it.',
    '',
    quirksMarkdown(),
    '',
    '## Faults',
    '',
    '`--faults FILE` holds a JSON list, and `POST /_emulator/faults` takes one of them:',
    '',
    '```json',
    '[{"operation": "PutObject", "bucket": "data", "skip": 2, "count": 3, "effect": {"type": "reset", "when": "after"}}]',
    '```',
    '',
    faultsMarkdown(),
    '',
    '## Control',
    '',
    'Programs on the same machine steer it with unsigned JSON while it runs (row W51). `GET /_emulator/openapi.json` describes',
    'these calls, with what they take and answer, in OpenAPI 3.1: clients can be made of it.',
    '',
    controlMarkdown(),
    '',
  ].join('\n');
}

/** One row an option, from the commands themselves. An option that both describe alike has one row. */
function flagRows(): readonly string[] {
  const commands = [emulatorCommand(), devCommand()];
  const rows = commands.flatMap((command) =>
    command.options.map((option) => ({ by: command.name(), text: cellsOf(option) })),
  );
  return [...new Set(rows.map(({ text }) => text))].map((text) => {
    const by = rows.filter((row) => row.text === text).map((row) => row.by);
    return `| ${text} | ${by.length === commands.length ? 'both' : `\`${by.join()}\``} |`;
  });
}

function cellsOf({ flags, description, defaultValue, defaultValueDescription, envVar }: Option): string {
  const variable = envVar === undefined ? '' : `; or the variable \`${envVar}\``;
  const byDefault = defaultValue === undefined ? '' : (defaultValueDescription ?? `\`${String(defaultValue)}\``);
  return `\`${flags}\` | ${byDefault} | ${description}${variable}`;
}
