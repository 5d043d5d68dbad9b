import assert from 'node:assert/strict';
import { test } from 'node:test';
import { behaviourRows, rowTests, testsIn } from '../scripts/emulator-rows.ts';
import { QUIRK_ROWS } from '../src/emulator/quirks.ts';

// docs/wasabi.md says what the emulator does, and docs/reference/emulator-rows.md which test shows it: neither promises
// what nothing holds.

const rows = behaviourRows();
const tests = rowTests();

test('each row of the behaviour has a number of its own', () => {
  const numbers = rows.map(({ number }) => number);
  assert.deepEqual(numbers, [...new Set(numbers)]);
  assert.ok(numbers.length > 50);
});

test('each row that the emulator reproduces is shown by a test whose title begins with its number', () => {
  const shown = new Set(tests.flatMap((each) => each.rows));
  const left = rows.filter(({ number, cells }) => !shown.has(number) && !cells.includes('not emulated'));
  assert.deepEqual(left, []);
});

test('each number at the beginning of a title is that of a row', () => {
  const known = new Set(rows.map(({ number }) => number));
  const strays = tests.filter((each) => each.rows.some((number) => !known.has(number)));
  assert.deepEqual(strays, []);
});

test('each row names the switches that it has in quirks.ts, with their readings, the default first, and no others', () => {
  for (const { name, row } of QUIRK_ROWS) {
    assert.ok(
      rows.some(({ number }) => number === row),
      `${name} is of ${row}, which there is not`,
    );
  }
  for (const { number, cells } of rows) {
    const cell = cells.at(-1) ?? '';
    const wanted = QUIRK_ROWS.filter(({ row }) => row === number);
    for (const { name, values } of wanted) {
      const readings = values.map((value) => `\`${String(value)}\`(?: \\([^)]*\\))?`).join(', ');
      assert.match(cell, new RegExp(`\`${name}\`: ${readings}(?:;|$| \\()`, 'u'), number);
    }
    const named = [...cell.matchAll(/`(\w+)`: `/gu)].map(([, name = '']) => name);
    const isKnown = (name: string) => QUIRK_ROWS.some((quirk) => quirk.name === name && quirk.row === number);
    assert.deepEqual(
      named.filter((name) => !isKnown(name)),
      [],
      `${number} names switches of other rows`,
    );
  }
});

test('titles are read in any quotes, with what differs from case to case left out', () => {
  const source = [
    "test('W1 W2 one isn\\'t two', () => 0);",
    'test(`W3 ${title} is ${code(1)}`, () => 0);',
    'test(\n  "W4 the bucket\'s own",\n  () => 0);',
    "const cases = { 'W4 a key': 1, 'W4': 2 };",
    "const more = [{ row: 'W7', title: 'of a table', expected: 3 }];",
    "test('no row W5', () => 0);",
  ].join('\n');
  assert.deepEqual(testsIn('a.test.ts', source), [
    { rows: ['W1', 'W2'], file: 'a.test.ts', title: "one isn't two" },
    { rows: ['W3'], file: 'a.test.ts', title: '… is …' },
    { rows: ['W4'], file: 'a.test.ts', title: "the bucket's own" },
    { rows: ['W4'], file: 'a.test.ts', title: 'a key' },
    { rows: ['W7'], file: 'a.test.ts', title: 'of a table' },
  ]);
});
