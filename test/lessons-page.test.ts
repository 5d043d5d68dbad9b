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
      const files = globSync(name.includes('/') ? name : [`test/${name}.test.ts`, `test/support/${kebab(name)}.ts`], {
        cwd: root.pathname,
      });
      assert.notDeepEqual(files, [], `${number}: ${name}`);
    }
  }
});

test('a test whose title begins with the number of a lesson is named in its row', () => {
  for (const file of tests) {
    const titles = readFileSync(new URL(file, root), 'utf8').matchAll(/['`]((?:L\d+[,: ] ?)+)/g);
    const name = file.startsWith('test/') ? file.slice('test/'.length, -'.test.ts'.length) : file;
    for (const [, prefix = ''] of titles) {
      for (const number of prefix.match(/L\d+/g) ?? []) {
        assert.ok(rows.get(number)?.includes(name), `${file} has tests of ${number}, whose row does not name it`);
      }
    }
  }
});

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
