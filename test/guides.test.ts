import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { blocksOf, CHECKOUT, isTyped, parseBlocks } from './support/guide-blocks.ts';

/** What is to be typed in any page: a test types it, or the page says why none does. */

const PAGES = globSync('{*.md,{docs,examples,chart}/**/*.md}', { cwd: CHECKOUT }).sort();
const READERS = globSync('test/cluster/guide-*.test.ts', { cwd: CHECKOUT })
  .map((file) => readFileSync(new URL(file, CHECKOUT), 'utf8'))
  .join('\n');

/** Whether a test follows that page from its first block to its last. */
function isFollowed(page: string): boolean {
  return READERS.includes(`'${page}'`);
}

for (const page of PAGES) {
  test(`${page}: each command is typed by a test, or excused`, (t) => {
    for (const block of blocksOf(page)) {
      const where = `${page}:${block.line}`;
      assert.notEqual(block.language, '', `${where}: the fence names no language`);
      if (!isTyped(block)) continue;
      assert.ok(isFollowed(page) || block.untested !== undefined, `${where}: nobody types it, and nothing says why`);
      t.diagnostic(`${where} ${block.untested === undefined ? 'typed' : `not typed: ${block.untested}`}`);
    }
  });
}

describe('blocks of a guide', () => {
  const fence = '```';

  test('have a line, a section, and what their info strings say', () => {
    const page = `# Page\n\n## One\n${fence}sh terminal=operator\na\nb\n${fence}\n${fence}yaml\nc: d\n${fence}\n`;
    const excused = `## Two\n${fence}bash untested="needs a \`tool\`, and time"\ne\n${fence}\n`;
    assert.deepEqual(parseBlocks(page + excused), [
      { line: 4, section: 'One', language: 'sh', terminal: 'operator', text: 'a\nb' },
      { line: 8, section: 'One', language: 'yaml', text: 'c: d' },
      { line: 12, section: 'Two', language: 'bash', untested: 'needs a `tool`, and time', text: 'e' },
    ]);
  });

  test('are refused where a reason is empty or misspelt, or a fence stays open', () => {
    assert.throws(() => parseBlocks(`${fence}sh untested=""\na\n${fence}`), /line 1: .* is not understood/);
    assert.throws(() => parseBlocks(`\n${fence}sh untestd="x"\na\n${fence}`), /line 2: "untestd=\\"x\\"" in the info/);
    assert.throws(() => parseBlocks(`${fence}sh\na`), /line 1: the fence is not closed/);
  });
});
