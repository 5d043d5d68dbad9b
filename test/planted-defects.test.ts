import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Defect, ROOT, readDefects } from './planted/defect.ts';
import { CANNOT_BE_PLANTED, NOT_YET_PLANTED } from './planted/not-planted.ts';

// What `npm run test:planted` puts back into the code fits the code as it is now.

const page = readFileSync(join(ROOT, 'docs/lessons.md'), 'utf8');
const rows = [...page.matchAll(/^\| (L\d+) \|/gm)].map(([, lesson = '']) => lesson);
const defects = readDefects();

for (const defect of defects) {
  test(`planted defects: ${defect.lesson}: each edit finds its text once, and each suite has a test of the row`, () => {
    assert.deepEqual(misfitsOf(defect), []);
    for (const suite of defect.suites) {
      assert.ok(existsSync(join(ROOT, suite)), suite);
      const title = new RegExp(`['"\`](?:L\\d+, )*${defect.lesson}(?:, L\\d+)*: `);
      assert.match(readFileSync(join(ROOT, suite), 'utf8'), title, suite);
    }
  });
}

test('planted defects: each row of the lessons is planted, or it is said why not', () => {
  const named = [...defects, ...CANNOT_BE_PLANTED, ...NOT_YET_PLANTED].map(({ lesson }) => lesson);
  assert.deepEqual(named.toSorted(), rows.toSorted());
  for (const { lesson, why } of [...CANNOT_BE_PLANTED, ...NOT_YET_PLANTED]) assert.ok(why.length > 0, lesson);
});

/** Files with how often they hold the text of an edit, where that is not once. Edits of one file are made in their order. */
function misfitsOf({ edits }: Defect): readonly string[] {
  const texts = new Map<string, string>();
  return edits.flatMap(({ file, find, replace }) => {
    const parts = (texts.get(file) ?? readFileSync(join(ROOT, file), 'utf8')).split(find);
    texts.set(file, parts.join(replace));
    return parts.length === 2 ? [] : [`${file} has it ${parts.length - 1} times: ${find}`];
  });
}
