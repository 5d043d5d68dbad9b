import { ValidationSeverity, validate } from 'dockerfile-utils';
import { type Dockerfile, execForm, parseDockerfile, type Stage } from './dockerfile.ts';

const DIGEST = /@sha256:[0-9a-f]{64}$/;
const TAG = /:([\w][\w.-]*)(?:@sha256:[0-9a-f]{64})?$/;
const NUMERIC_USER = /^[1-9]\d*(?::\d+)?$/;

/**
 * What is wrong with a Dockerfile: by the rules of the language, and by ours for what runs in a cluster. Pure.
 * @returns one line for each, with its place; none: nothing is
 */
export function lintDockerfile(text: string, options: { readonly isRelease: boolean }): readonly string[] {
  const diagnostics = validate(text, { instructionWorkdirRelative: ValidationSeverity.ERROR });
  const language = diagnostics.map(
    ({ range, message }) =>
      `Dockerfile:${range.start.line + 1}: ${typeof message === 'string' ? message : message.value}`,
  );
  if (language.length > 0) return language;
  const file = parseDockerfile(text);
  return [...baseProblems(file, options.isRelease), ...instructionProblems(file), ...runtimeProblems(file)];
}

function baseProblems({ stages }: Dockerfile, isRelease: boolean): readonly string[] {
  const names = new Set(stages.map(({ name }) => name));
  const images = stages.filter(({ base }) => !names.has(base));
  return images.flatMap(({ base, from }) => {
    const at = `Dockerfile:${from.line}: ${base}`;
    const [, tag] = TAG.exec(base) ?? [];
    if (tag === undefined || tag === 'latest')
      return [`${at} must name a tag, and not latest: both change without notice`];
    if (isRelease && !DIGEST.test(base)) return [`${at} is not pinned: "npm run image -- pin" writes its digest`];
    return [];
  });
}

const FORBIDDEN: Readonly<Record<string, string>> = {
  ADD: 'fetches and unpacks as it sees fit: use COPY',
  HEALTHCHECK: 'is not read by Kubernetes, which asks /healthz and /readyz',
  ONBUILD: 'acts in the images of others',
  VOLUME: 'makes what the process may write',
};

function instructionProblems({ stages }: Dockerfile): readonly string[] {
  return stages.flatMap(({ instructions }) =>
    instructions.flatMap(({ name, line }) => {
      const why = FORBIDDEN[name];
      return why === undefined ? [] : [`Dockerfile:${line}: ${name} ${why}`];
    }),
  );
}

function runtimeProblems({ stages }: Dockerfile): readonly string[] {
  const stage = stages.at(-1);
  if (stage === undefined) return ['Dockerfile: there is no stage'];
  return [...shellProblems(stage), ...userProblems(stage)];
}

/** The last stage has no shell, so nothing may ask for one. */
function shellProblems({ from, instructions }: Stage): readonly string[] {
  const needing = instructions.filter(({ name }) => ['RUN', 'CMD', 'ENTRYPOINT'].includes(name));
  const shells = needing.filter((instruction) => execForm(instruction) === undefined);
  const hasEntry = instructions.some(({ name }) => name === 'ENTRYPOINT');
  return [
    ...shells.map(({ name, line }) => `Dockerfile:${line}: ${name} must be in exec form, ["…"]: there is no shell`),
    ...(hasEntry ? [] : [`Dockerfile:${from.line}: the last stage has no ENTRYPOINT`]),
  ];
}

/** Kubernetes can hold `runAsNonRoot` against a number only, not against a name. */
function userProblems({ from, instructions }: Stage): readonly string[] {
  const last = instructions.findLast(({ name }) => name === 'USER');
  if (last === undefined) return [`Dockerfile:${from.line}: the last stage has no USER: it must not run as root`];
  if (NUMERIC_USER.test(last.text)) return [];
  return [`Dockerfile:${last.line}: USER ${last.text} must be a number above 0, such as 65532:65532`];
}
