import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

// docs/lessons.md names the tests that hold its rows, and tests name the rows that they hold: neither goes stale unseen.

const root = new URL('../', import.meta.url);
const page = readFileSync(new URL('docs/lessons.md', root), 'utf8');
const rows = new Map(
  page.split('\n').flatMap((line): [string, readonly string[]][] => {
    const number = /^\| (L\d+) \|/.exec(line)?.[1];
    const held = line.split(' | ').at(-1) ?? '';
    return number === undefined ? [] : [[number, [...held.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)]];
  }),
);
const tests = globSync(['test/*.test.ts', 'src/**/*.test.ts'], { cwd: root.pathname });

test('each row of the lessons has a number of its own and is held by tests that exist', () => {
  const numbers = page.split('\n').filter((line) => /^\| L\d+ \|/.test(line));
  assert.equal(rows.size, numbers.length);
  for (const [number, held] of rows) {
    assert.ok(held.length > 0, `${number} is held by nothing`);
    for (const name of held) {
      const files = globSync(name.includes('/') ? name : `test/${name}.test.ts`, {
        cwd: root.pathname,
      });
      assert.notDeepEqual(files, [], `${number}: ${name}`);
    }
  }
});

test('each suite that a row names has a test whose title begins with the number of the row, and the other way round', () => {
  const numbered = new Map(tests.map((file) => [suiteOf(file), numbersIn(file)]));
  for (const [number, held] of rows) {
    const named = held.filter((name) => numbered.get(name)?.has(number) !== true);
    assert.deepEqual(named, [], `${number} is said to be held by suites in which no test begins with ${number}`);
  }
  for (const [name, numbers] of numbered) {
    for (const number of numbers) {
      assert.ok(rows.get(number)?.includes(name), `${name} has tests of ${number}, whose row does not name it`);
    }
  }
});

/** As the page calls it. */
function suiteOf(file: string): string {
  return file.startsWith('test/') ? file.slice('test/'.length, -'.test.ts'.length) : file;
}

/** The numbers with which titles of its tests begin. */
function numbersIn(file: string): ReadonlySet<string> {
  const titles = readFileSync(new URL(file, root), 'utf8').matchAll(/['"`]((?:L\d+[,: ] ?)+)/g);
  return new Set([...titles].flatMap(([, prefix = '']) => prefix.match(/L\d+/g) ?? []));
}
