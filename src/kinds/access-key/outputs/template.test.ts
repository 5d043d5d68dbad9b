import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReconcileError } from '../../../runtime/errors.ts';
import { annotationView, dataView, renderTemplate } from './template.ts';
import { KEY_TEXT, someValues } from './testing/values.ts';

const PATH = 'spec.outputs[0].template[config]';
const DATA_NAMES =
  'accessKeyId, secretAccessKey, endpoint, scheme, secure, host, port, region, bucket, pathStyle, user';

function render(template: string, changes: Parameters<typeof someValues>[0] = {}): string {
  const values = someValues(changes);
  return renderTemplate(template, dataView({ ...values, secretAccessKey: values.secretAccessKey.reveal() }), PATH);
}

for (const { title, template, changes = {}, expected } of [
  { title: 'plain text stays as it is', template: 'a < b & "c"\n', expected: 'a < b & "c"\n' },
  {
    title: 'a value is not escaped',
    template: '{{secretAccessKey}} {{{secretAccessKey}}}',
    expected: `${KEY_TEXT} ${KEY_TEXT}`,
  },
  {
    title: 'quotes and angles of a value are not escaped',
    template: '{{secretAccessKey}}',
    changes: { secret: `<a>&"b"'c'` },
    expected: `<a>&"b"'c'`,
  },
  {
    title: 'every text value',
    template: '{{accessKeyId}} {{endpoint}} {{scheme}} {{host}} {{port}} {{region}} {{bucket}} {{user}}',
    expected:
      'AKIAEXAMPLE000000001 https://s3.eu-central-2.wasabisys.com https s3.eu-central-2.wasabisys.com 443 eu-central-2 team-a-data team-a',
  },
  {
    title: 'a truth as text',
    template: '{{pathStyle}} {{secure}}',
    changes: { pathStyle: false },
    expected: 'false true',
  },
  {
    title: 'a section on a truth',
    template: '{{#pathStyle}}path{{/pathStyle}}{{^pathStyle}}host{{/pathStyle}}',
    expected: 'path',
  },
  {
    title: 'a section on what is absent',
    template: 'x{{#bucket}} b={{bucket}}{{/bucket}}{{^bucket}} no bucket{{/bucket}}',
    changes: { bucket: undefined },
    expected: 'x no bucket',
  },
  {
    title: 'a section on what is there',
    template: '{{#bucket}}b={{bucket}} of {{user}}{{/bucket}}',
    expected: 'b=team-a-data of team-a',
  },
  { title: 'a comment', template: 'a{{! the {key} }}b', expected: 'ab' },
  {
    title: 'a line that holds a section tag alone leaves no line behind',
    template: 'a\n{{#secure}}\nb\n{{/secure}}\nc\n',
    expected: 'a\nb\nc\n',
  },
  {
    title: 'tags in a value are text',
    template: '{{secretAccessKey}}',
    changes: { secret: '{{accessKeyId}}' },
    expected: '{{accessKeyId}}',
  },
]) {
  test(`template: ${title}`, () => {
    assert.equal(render(template, changes), expected);
  });
}

for (const { title, template, changes = {}, says } of [
  {
    title: 'an unknown value',
    template: 'a\nbc{{ acessKeyId }}',
    says: `line 2, column 3: there is no value "acessKeyId": known are ${DATA_NAMES}`,
  },
  {
    title: 'an unknown value in a section that is not shown',
    template: '{{^secure}}{{nothing}}{{/secure}}',
    says: `line 1, column 12: there is no value "nothing": known are ${DATA_NAMES}`,
  },
  {
    title: 'an unknown section',
    template: '\n\n {{#tls}}x{{/tls}}',
    says: `line 3, column 2: there is no value "tls": known are ${DATA_NAMES}`,
  },
  {
    title: 'a path into a value',
    template: '{{user.constructor}}',
    says: `line 1, column 1: there is no value "user.constructor": known are ${DATA_NAMES}`,
  },
  {
    title: 'what every object has',
    template: '{{constructor}}',
    says: `line 1, column 1: there is no value "constructor": known are ${DATA_NAMES}`,
  },
  {
    title: 'the item of a loop',
    template: '{{#user}}{{.}}{{/user}}',
    says: `line 1, column 10: there is no value ".": known are ${DATA_NAMES}`,
  },
  {
    title: 'a value that is absent',
    template: 'b={{bucket}}',
    changes: { bucket: undefined },
    says: 'line 1, column 3: "bucket" has no value here: name it in parameters.bucket, or write {{#bucket}}…{{/bucket}} around what needs it',
  },
  { title: 'a tag that is not closed', template: 'a\n{{user', says: 'line 2, column 7: Unclosed tag' },
  { title: 'a section that is not closed', template: '{{#user}}x', says: 'line 1, column 11: Unclosed section "user"' },
  {
    title: 'a section that is closed by another name',
    template: '{{#user}}\n{{/bucket}}',
    says: 'line 2, column 1: Unclosed section "user"',
  },
  { title: 'an end without a beginning', template: 'x{{/user}}', says: 'line 1, column 2: Unopened section "user"' },
  {
    title: 'another template',
    template: '{{> other}}',
    says: 'line 1, column 1: other templates cannot be included: write their text here',
  },
  {
    title: 'other delimiters',
    template: 'a {{=<% %>=}}<%user%>',
    says: 'line 1, column 3: the delimiters cannot be changed: tags stand in {{ and }}',
  },
  {
    title: 'a name of several lines',
    template: '{{a\nb}}',
    says: `line 1, column 1: there is no value "a\\nb": known are ${DATA_NAMES}`,
  },
]) {
  test(`template: refused: ${title}`, () => {
    assert.throws(
      () => render(template, changes),
      (thrown) => {
        assert.ok(thrown instanceof ReconcileError);
        assert.equal(thrown.type, 'InvalidSpec');
        assert.equal(thrown.message, `${PATH}: ${says}`);
        return true;
      },
    );
  });
}

test('template: an annotation cannot name the key', () => {
  const path = 'spec.outputs[0].annotations[a]';
  const { accessKeyId: _id, secretAccessKey: _text, ...open } = someValues();
  assert.equal(renderTemplate('{{host}}:{{port}}', annotationView(open), path), 's3.eu-central-2.wasabisys.com:443');
  for (const name of ['secretAccessKey', 'accessKeyId']) {
    assert.throws(() => renderTemplate(`{{${name}}}`, annotationView(open), path), /there is no value/);
  }
});
