import { spawnSync } from 'node:child_process';

/** A program, and where it comes from. */
interface Program {
  /** The command that tells its version. */
  readonly ask: readonly [string, ...string[]];
  /** Package of Debian. */
  readonly debian?: string;
  /** What people type to have it. */
  readonly install: string;
}

/** Name of a program that the suite runs. */
export type ProgramName = 'rclone' | 'restic' | 's3cmd' | 'boto3' | 'aws' | 'prometheus' | 'promtool';

/** Each of them; those without a package of Debian come from `requirements.txt`. */
export const PROGRAMS: Readonly<Record<ProgramName, Program>> = {
  rclone: { ask: ['rclone', 'version'], debian: 'rclone', install: 'apt-get install rclone' },
  restic: { ask: ['restic', 'version'], debian: 'restic', install: 'apt-get install restic' },
  s3cmd: { ask: ['s3cmd', '--version'], install: 'pip install s3cmd' },
  boto3: { ask: ['python3', '-c', 'import boto3; print(f"boto3 {boto3.__version__}")'], install: 'pip install boto3' },
  prometheus: { ask: ['prometheus', '--version'], debian: 'prometheus', install: 'apt-get install prometheus' },
  promtool: { ask: ['promtool', '--version'], debian: 'prometheus', install: 'apt-get install prometheus' },
  aws: { ask: ['aws', '--version'], install: 'pip install awscli' },
};

/** The first line of what the program says of its version; `undefined`: it is not on the PATH. */
export function versionOf(name: ProgramName): string | undefined {
  const [program, ...args] = PROGRAMS[name].ask;
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8' });
  return status === 0 ? stdout.split('\n', 1)[0] : undefined;
}

/** Why a test of that program cannot run, and what to do about it. */
export function missing(name: ProgramName): string {
  const { install } = PROGRAMS[name];
  return `${name} is not on the PATH: ${install}; npm run test:consumers does it where it may`;
}
