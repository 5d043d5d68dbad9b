import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { installPackages } from '../support/debian-packages.ts';
import { ensureVenv } from '../support/python-venv.ts';
import { missing, PROGRAMS, type ProgramName, versionOf } from './programs.ts';

/**
 * `npm run test:consumers`: rclone, restic, s3cmd, boto3 and the AWS CLI with the Secrets that the operator writes, and
 * Prometheus with its metrics. What is missing is installed where that leaves the machine as it is (a Python venv), or where this is root's to do (Debian's
 * packages). A program that is not to be had is skipped and says so; with CI=true it fails.
 */
const here = import.meta.dirname;

const venv = ensureVenv('consumers', join(here, 'requirements.txt'));
if (venv.type === 'Venv') process.env['PATH'] = `${venv.bin}${delimiter}${process.env['PATH'] ?? ''}`;
else console.log(`without a Python venv: ${venv.why}`);
installPackages([...new Set(absent().flatMap((name) => PROGRAMS[name].debian ?? []))], console.log);
for (const name of absent()) console.log(missing(name));
const { status } = spawnSync(
  process.execPath,
  ['--test', '--test-timeout=300000', '--test-reporter=spec', ...process.argv.slice(2), join(here, '*.test.ts')],
  { stdio: 'inherit' },
);
process.exitCode = status ?? 1;

function absent(): readonly ProgramName[] {
  return (Object.keys(PROGRAMS) as ProgramName[]).filter((name) => versionOf(name) === undefined); // the table has no other keys
}
