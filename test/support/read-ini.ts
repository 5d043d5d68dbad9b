import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

const READER = `
import configparser, json, sys
out = []
for text in json.load(sys.stdin):
    parser = configparser.RawConfigParser(default_section='', delimiters=('=',))
    parser.optionxform = str
    parser.read_string(text)
    out.append({section: dict(parser.items(section)) for section in parser.sections()})
json.dump(out, sys.stdout)`;

/** Whether there is the Python that `readIni` needs. */
export const hasPython = spawnSync('python3', ['--version']).status === 0;

/** What Python's configparser, which was not made for us, reads in each text: the entries of its sections. */
export function readIni(
  texts: readonly string[],
): readonly Readonly<Record<string, Readonly<Record<string, string>>>>[] {
  const { stdout, stderr, status } = spawnSync('python3', ['-c', READER], {
    input: JSON.stringify(texts),
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as readonly Record<string, Record<string, string>>[];
}
