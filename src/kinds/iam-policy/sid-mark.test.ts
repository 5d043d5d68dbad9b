import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PolicyDocument } from '../../wasabi/policy/document.ts';
import { markerTextOfMark, markIn, markInText, sidMark, withMark, withoutMark } from './sid-mark.ts';

const OWN = 'cluster/team-a/logs/11111111-1111-4111-8111-111111111111';
const body = { Effect: 'Allow', Action: ['s3:GetObject'], Resource: ['arn:aws:s3:::logs/*'] } as const;

function documentOf(...sids: readonly (string | undefined)[]): PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: sids.map((Sid) => (Sid === undefined ? body : { Sid, ...body })),
  };
}

for (const sids of [[undefined], ['Read', 'Other'], [undefined, 'Other']]) {
  test(`a mark goes in and comes out: sids ${sids.join()}`, () => {
    const document = documentOf(...sids);
    assert.equal(markIn(document), undefined);
    const marked = withMark(document, sidMark(OWN));
    assert.equal(markIn(marked), sidMark(OWN));
    assert.match(marked.Statement[0]?.Sid ?? '', /^[A-Za-z0-9]{76,}$/);
    assert.deepEqual(withoutMark(marked), document);
    const other = sidMark('another/team-a/logs/1');
    assert.deepEqual(withMark(marked, other), withMark(document, other), 'of two owners the last one counts');
  });
}

test('a mark on another statement than the first is found, and goes when another one comes', () => {
  const moved = documentOf('Read', `Other${sidMark(OWN)}`);
  assert.equal(markIn(moved), sidMark(OWN));
  const other = sidMark('another/team-a/logs/1');
  assert.deepEqual(withMark(moved, other), documentOf(`Read${other}`, 'Other'));
});

test('a mark says whether it is ours, that of an earlier object of ours, or a stranger’s', () => {
  assert.equal(markerTextOfMark(sidMark(OWN), OWN), OWN);
  const before = 'cluster/team-a/logs/22222222-2222-4222-8222-222222222222';
  assert.match(markerTextOfMark(sidMark(before), OWN), /^cluster\/team-a\/logs\/[0-9a-f]{32}$/);
  const strange = sidMark('another/team-a/logs/11111111-1111-4111-8111-111111111111');
  assert.equal(markerTextOfMark(strange, OWN), strange);
});

test('a mark is found in a text, percent-encoded or not, where it ends a value', () => {
  const mark = sidMark(OWN);
  const text = JSON.stringify(withMark(documentOf('Read'), mark));
  for (const one of [text, encodeURIComponent(text), text.slice(0, -5)]) assert.equal(markInText(one), mark);
  for (const none of ['', JSON.stringify(documentOf('Read')), `{"Sid": "${mark}More"}`]) {
    assert.equal(markInText(none), undefined);
  }
});

test('a mark is found in a text however its signs are escaped, and not where an escape ends no value', () => {
  const mark = sidMark(OWN);
  const escaped = (part: string) => part.replaceAll(/./g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);
  const partly = `${escaped(mark.slice(0, 3))}${mark.slice(3, 70)}${escaped(mark.slice(70)).toUpperCase().replaceAll('U', 'u')}`;
  for (const spelled of [escaped(mark), partly]) {
    for (const text of [`{"Sid": "Read${spelled}", "Sid"`, `%ZZ{"Sid": "\\\\${spelled}"`]) {
      for (const one of [text, encodeURIComponent(text)]) assert.equal(markInText(one), mark, one);
    }
  }
  for (const none of [`"${mark}\\u0022More"`, `"${mark}\\"More"`, `"\\${escaped(mark)}"`]) {
    for (const one of [none, encodeURIComponent(none)]) assert.equal(markInText(one), undefined, one);
  }
});
