import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { contextFiles } from '../scripts/image/context.ts';
import { execForm, parseDockerfile } from '../scripts/image/dockerfile.ts';
import { lintDockerfile } from '../scripts/image/lint.ts';
import { pinned } from '../scripts/image/pin.ts';
import { runStages } from '../scripts/image/stages.ts';

const ROOT = join(import.meta.dirname, '..');
const OURS = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
const DIGEST = `sha256:${'a'.repeat(64)}`;

const END = 'USER 65532\nENTRYPOINT ["/x"]';

test('dockerfile: ours keeps every rule; a release also asks for digests', () => {
  assert.deepEqual(lintDockerfile(OURS, { isRelease: false }), []);
  const release = lintDockerfile(OURS.replaceAll(/@sha256:[0-9a-f]{64}/g, ''), { isRelease: true });
  assert.equal(release.length, 2, release.join('\n'));
  for (const problem of release) assert.match(problem, /^Dockerfile:\d+: \S+ is not pinned: "npm run image -- pin"/);
  const pinnedByHand = `FROM gcr.io/a/b:nonroot@${DIGEST}\n${END}`;
  assert.deepEqual(lintDockerfile(pinnedByHand, { isRelease: true }), []);
});

const refused: readonly { readonly title: string; readonly text: string; readonly problem: RegExp }[] = [
  { title: 'what the language does not know', text: `FROM a:1\nRUNN x\n${END}`, problem: /^Dockerfile:2: .*RUNN/ },
  { title: 'a relative WORKDIR', text: `FROM a:1\nWORKDIR app\n${END}`, problem: /^Dockerfile:2: .*absolute/ },
  { title: 'no tag', text: `FROM gcr.io/a/b\n${END}`, problem: /^Dockerfile:1: gcr\.io\/a\/b must name a tag/ },
  { title: 'latest', text: `ARG I=a:latest\nFROM $I\n${END}`, problem: /^Dockerfile:2: a:latest must name a tag/ },
  { title: 'ADD', text: `FROM a:1\nADD x /x\n${END}`, problem: /^Dockerfile:2: ADD .*use COPY/ },
  { title: 'HEALTHCHECK', text: `FROM a:1\nHEALTHCHECK NONE\n${END}`, problem: /^Dockerfile:2: HEALTHCHECK/ },
  { title: 'no user', text: 'FROM a:1\nENTRYPOINT ["/x"]', problem: /^Dockerfile:1: .*no USER/ },
  { title: 'root', text: 'FROM a:1\nUSER 0:0\nENTRYPOINT ["/x"]', problem: /^Dockerfile:2: USER 0:0 must be a number/ },
  {
    title: 'a user by name',
    text: 'FROM a:1\nUSER nonroot\nENTRYPOINT ["/x"]',
    problem: /USER nonroot must be a number/,
  },
  {
    title: 'a shell at the start',
    text: 'FROM a:1\nUSER 1\nENTRYPOINT node x',
    problem: /ENTRYPOINT must be in exec form/,
  },
  {
    title: 'a shell in the last stage',
    text: `FROM a:1\nRUN ls\n${END}`,
    problem: /^Dockerfile:2: RUN must be in exec/,
  },
  { title: 'no entry', text: 'FROM a:1\nUSER 1', problem: /no ENTRYPOINT/ },
];

for (const { title, text, problem } of refused) {
  test(`dockerfile: ${title} is refused, with its line`, () => {
    const problems = lintDockerfile(text, { isRelease: false });
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(problems[0] ?? '', problem);
  });
}

test('dockerfile: flags, comments and lines that go on are parsed; what cannot be is named', () => {
  const text =
    'ARG I="a:1"\n# c\nFROM --platform=$BUILDPLATFORM ${I} AS one\nLABEL a=1 \\\n  # in between\n  b=2\nCMD ["x", "y"]';
  const { stages } = parseDockerfile(text);
  assert.equal(stages[0]?.base, 'a:1');
  assert.equal(stages[0]?.name, 'one');
  assert.deepEqual(stages[0]?.from.flags, { platform: '$BUILDPLATFORM' });
  assert.deepEqual(
    stages[0]?.instructions.map(({ name, text: rest, line }) => [name, rest, line]),
    [
      ['LABEL', 'a=1 b=2', 4],
      ['CMD', '["x", "y"]', 7],
    ],
  );
  assert.deepEqual(stages[0]?.instructions.map(execForm), [undefined, ['x', 'y']]);
  assert.throws(() => parseDockerfile('FROM $NOWHERE'), /\$NOWHERE has no value/);
  assert.throws(() => parseDockerfile('COPY a b'), /Dockerfile:1: COPY before the first FROM/);
});

function projectFor(t: TestContext, files: Readonly<Record<string, string>>): { root: string; folder: string } {
  const top = mkdtempSync(join(tmpdir(), 'dockerfile-'));
  t.after(() => rmSync(top, { recursive: true, force: true }));
  const [root, folder] = [join(top, 'root'), join(top, 'stages')];
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return { root, folder };
}

test('stages: only what .dockerignore lets through is copied, and the last line that matches decides', (t) => {
  const ignore = '*\n!src\n!one\n**/*.test.ts\n!src/kept.test.ts\n';
  const files = {
    '.dockerignore': ignore,
    one: '1',
    two: '2',
    'src/a.ts': 'a',
    'src/b/c.ts': 'c',
    'src/b/c.test.ts': '',
    'src/kept.test.ts': '',
  };
  const { root } = projectFor(t, files);
  assert.deepEqual(contextFiles(root, 'src'), ['src/a.ts', 'src/b/c.ts', 'src/kept.test.ts']);
  assert.deepEqual(contextFiles(root, 'one'), ['one']);
  assert.deepEqual(contextFiles(root, 'two'), []);
});

test('stages: COPY, RUN, WORKDIR and stages on stages do what an engine does', (t) => {
  const Dockerfile = [
    'ARG BASE=a:1',
    'FROM $BASE AS one',
    'WORKDIR /in',
    'COPY a.txt b.txt ./',
    'COPY a.txt renamed',
    'FROM one AS two',
    'COPY sub there/',
    'RUN cat a.txt b.txt renamed there/c.txt > all',
    'FROM b:1',
    'ARG VERSION=none',
    'LABEL version="$VERSION"',
    'COPY --from=two /in/all /out/all',
    'ENV MODE=x',
    'EXPOSE 8080 9090',
    'USER 1:2',
    'ENTRYPOINT ["/out/all"]',
  ].join('\n');
  const { root, folder } = projectFor(t, {
    Dockerfile,
    '.dockerignore': '',
    'a.txt': 'a',
    'b.txt': 'b',
    'sub/c.txt': 'c',
  });
  chmodSync(join(root, 'a.txt'), 0o600);
  const image = runStages({ root, folder, packages: 'run', args: { VERSION: '7' } });
  assert.deepEqual(
    new Set(readdirSync(image.folder, { recursive: true, encoding: 'utf8' })),
    new Set(['out', 'out/all']),
  );
  assert.equal(readFileSync(join(image.folder, 'out/all'), 'utf8'), 'abac');
  const { entrypoint, user, ports, env, labels } = image;
  assert.deepEqual(
    { entrypoint, user, ports, env, labels },
    { entrypoint: ['/out/all'], user: '1:2', ports: [8080, 9090], env: { MODE: 'x' }, labels: 'version="7" ' },
  );
});

const unrunnable: readonly { readonly title: string; readonly lines: string; readonly problem: RegExp }[] = [
  {
    title: 'a command that fails',
    lines: 'RUN echo why >&2; false',
    problem: /^Dockerfile:2: RUN echo why .*: 1\nwhy/,
  },
  { title: 'a file that is not in the context', lines: 'COPY none ./', problem: /^COPY none: there is no such file/ },
  { title: 'an instruction that needs an engine', lines: 'SHELL ["x"]', problem: /^Dockerfile:2: SHELL cannot be run/ },
  {
    title: 'a stage that is not there',
    lines: 'COPY --from=z /a /a',
    problem: /^Dockerfile:2: there is no stage z above/,
  },
  {
    title: 'a stage that changed since',
    lines: 'FROM one AS two\nFROM c:1\nCOPY --from=one /a /a',
    problem: /stage one above, or/,
  },
];

for (const { title, lines, problem } of unrunnable) {
  test(`stages: ${title} ends them, with its line`, (t) => {
    const { root, folder } = projectFor(t, { Dockerfile: `FROM a:1 AS one\n${lines}`, '.dockerignore': '' });
    assert.throws(() => runStages({ root, folder, packages: 'run' }), { message: problem });
  });
}

test('stages: packages are linked only where the stage has the lockfile of the project', (t) => {
  const Dockerfile = 'FROM a:1\nWORKDIR /in\nCOPY package-lock.json ./\nRUN npm ci --ignore-scripts';
  const files = { Dockerfile, '.dockerignore': '', 'package-lock.json': '{}', 'node_modules/x/package.json': '{}' };
  const { root, folder } = projectFor(t, files);
  const image = runStages({ root, folder, packages: 'link' });
  assert.ok(existsSync(join(image.folder, 'in/node_modules/x/package.json')));
  rmSync(join(root, 'node_modules'), { recursive: true });
  assert.throws(
    () => runStages({ root, folder: `${folder}-2`, packages: 'link' }),
    /has no packages: run npm ci first/,
  );
});

/** A registry on loopback that asks for a token, as public ones do. */
async function startRegistry(t: TestContext, architectures: readonly string[]) {
  const manifests = architectures.map((architecture) => ({ platform: { os: 'linux', architecture } }));
  const index = JSON.stringify({ schemaVersion: 2, manifests });
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '', `http://127.0.0.1:${port}`);
    if (url.pathname === '/token') {
      response.end(JSON.stringify({ token: `for ${url.searchParams.get('scope')}` }));
    } else if (request.headers.authorization === undefined) {
      const scope = `repository:${url.pathname.split('/').slice(2, -2).join('/')}:pull`;
      const challenge = `Bearer realm="http://127.0.0.1:${port}/token",service="here",scope="${scope}"`;
      response.writeHead(401, { 'www-authenticate': challenge }).end();
    } else if (
      request.headers.authorization !== 'Bearer for repository:base/node:pull' ||
      !url.pathname.endsWith('/24')
    ) {
      response.writeHead(404).end('no such manifest');
    } else {
      assert.match(request.headers.accept ?? '', /oci\.image\.index/);
      response.end(index);
    }
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return { at: `127.0.0.1:${port}`, digest: `sha256:${createHash('sha256').update(index).digest('hex')}` };
}

test('pin: the digest of what the tag means for all platforms is written behind it, and renewed', async (t) => {
  const { at, digest } = await startRegistry(t, ['amd64', 'arm64', 's390x']);
  const file = (suffix: string) =>
    `ARG BUILD_IMAGE=${at}/base/node:24${suffix}\nARG OTHER=x\nFROM \${BUILD_IMAGE}\n${END}\n`;
  const now = file(`@${digest}`);
  assert.equal(await pinned(file('')), now);
  assert.equal(await pinned(file(`@${DIGEST}`)), now);
  assert.deepEqual(lintDockerfile(now, { isRelease: true }), []);
});

test('pin: an image that is not there, or not for every platform, is refused by name', async (t) => {
  const { at } = await startRegistry(t, ['amd64']);
  const file = (image: string) => `ARG RUNTIME_IMAGE=${image}\nFROM \${RUNTIME_IMAGE}\n${END}\n`;
  await assert.rejects(pinned(file(`${at}/base/node:24`)), /base\/node:24 is not there for linux\/arm64$/);
  await assert.rejects(
    pinned(file(`${at}/base/node:25`)),
    /base\/node:25: its registry answered 404: no such manifest/,
  );
  await assert.rejects(pinned(file('node')), /^Error: node: write it with registry and tag/);
});
