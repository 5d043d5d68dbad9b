import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { imageFlags } from '../bench/image-flags.ts';

test('image flags: the operator is measured with those of the image, in a container as large as the chart says', () => {
  const values = readFileSync(new URL('../chart/wasabi-s3-operator/values.yaml', import.meta.url), 'utf8');
  const [, limit] = /limits: \{memory: (\d+)Mi/.exec(values) ?? [];
  const flags = imageFlags();
  assert.ok(flags.includes(`--max-old-space-size=${Number(limit) / 2}`), flags.join(' '));
  assert.ok(
    flags.some((flag) => flag.startsWith('--max-semi-space-size=')),
    flags.join(' '),
  );
  assert.ok(
    flags.every((flag) => process.allowedNodeEnvironmentFlags.has(flag.split('=')[0] ?? '')),
    flags.join(' '),
  );
});
