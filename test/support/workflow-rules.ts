import { parse } from 'yaml';
import { z } from 'zod';

const permissions = z.union([z.string(), z.record(z.string(), z.string())]);
const step = z.looseObject({
  uses: z.string().optional(),
  run: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
});
const job = z.looseObject({
  permissions: permissions.optional(),
  'timeout-minutes': z.number().optional(),
  'runs-on': z.unknown(),
  steps: z.array(step).optional(),
});
const workflow = z.looseObject({
  on: z.union([z.string(), z.array(z.string()), z.record(z.string(), z.unknown())]),
  permissions: permissions.optional(),
  defaults: z.looseObject({ run: z.looseObject({ shell: z.string() }) }).optional(),
  jobs: z.record(z.string(), job),
});

/** Triggers that run with the rights of the repository on what a stranger sent. */
const FOREIGN_TRIGGERS = ['pull_request_target', 'workflow_run', 'issue_comment'];
const PINNED = /^(?<action>[\w./-]+)@[0-9a-f]{40} # v\d+\.\d+\.\d+$/;
/** Programs of npm that run no script of package.json. */
const OWN_COMMANDS = new Set(['ci']);
const NPM_CALL = /\bnpm (run (?:--silent )?)?([a-z][\w:-]*)/g;
const MAX_MINUTES = 120;

/**
 * What a workflow does that ours may not: one sentence each, with the job. The linter of GitHub's language knows none of it.
 * @param scripts the names of the scripts in package.json
 */
export function workflowProblems(text: string, scripts: ReadonlySet<string>): readonly string[] {
  const { on, permissions: top, defaults, jobs } = workflow.parse(parse(text));
  const triggers = typeof on === 'string' ? [on] : Array.isArray(on) ? on : Object.keys(on);
  const foreign = triggers.filter((each) => FOREIGN_TRIGGERS.includes(each));
  return [
    ...foreign.map((trigger) => `on: ${trigger} gives what strangers send the rights of the repository`),
    ...(isReadAtMost(top) ? [] : ['permissions: must be {} or contents: read at the top']),
    ...(defaults?.run.shell === 'bash' || !/^\s+-?\s*run:/m.test(text) ? [] : ['defaults.run.shell: must be bash']),
    ...unpinned(text),
    ...Object.entries(jobs).flatMap(([name, each]) => jobProblems(each, scripts).map((said) => `${name}: ${said}`)),
  ];
}

function jobProblems(each: z.infer<typeof job>, scripts: ReadonlySet<string>): readonly string[] {
  const minutes = each['timeout-minutes'];
  const found: string[] = [];
  if (minutes === undefined || minutes > MAX_MINUTES) found.push(`timeout-minutes: must be at most ${MAX_MINUTES}`);
  if (typeof each.permissions !== 'object') found.push('permissions: must be listed one by one');
  if (/latest/.test(JSON.stringify(each['runs-on'] ?? ''))) found.push('runs-on: must name a version');
  for (const { uses, run, with: inputs } of each.steps ?? []) {
    if (uses?.startsWith('actions/checkout@') === true && inputs?.['persist-credentials'] !== false) {
      found.push('actions/checkout: must have persist-credentials: false');
    }
    if (run !== undefined) found.push(...runProblems(run, scripts));
  }
  return found;
}

function runProblems(run: string, scripts: ReadonlySet<string>): readonly string[] {
  const found: string[] = [];
  // Whoever may choose a title or a branch name would write into the script.
  if (run.includes('${{')) found.push(`run: ${run.trim()}: takes values from env alone, not by \${{ }}`);
  for (const [call, isRun, name = ''] of run.matchAll(NPM_CALL)) {
    if (call === 'npm ci' && !run.includes('--ignore-scripts')) found.push('npm ci: must have --ignore-scripts');
    if (isRun === undefined && OWN_COMMANDS.has(name)) continue;
    if (!scripts.has(name)) found.push(`run: ${call}: package.json has no script ${name}`);
  }
  return found;
}

function isReadAtMost(top: z.infer<typeof permissions> | undefined): boolean {
  if (typeof top !== 'object') return false;
  return Object.entries(top).every(([scope, right]) => scope === 'contents' && right === 'read');
}

/** Lines, since the version stands in a comment. */
function unpinned(text: string): readonly string[] {
  return usedActions(text)
    .filter((used) => !used.startsWith('./') && !PINNED.test(used))
    .map((used) => `uses: ${used}: must be pinned as OWNER/ACTION@40-HEX-DIGITS # vX.Y.Z`);
}

/** All that a workflow uses, as it is written, with the comment. */
export function usedActions(text: string): readonly string[] {
  return [...text.matchAll(/^\s*-?\s*uses:\s*(.+?)\s*$/gm)].map(([, used = '']) => used);
}

/** The scripts of package.json that the shell commands of a file call, comments left out. */
export function scriptsCalled(text: string): ReadonlySet<string> {
  const calls = [...text.replaceAll(/^\s*#.*/gm, '').matchAll(NPM_CALL)].filter(
    ([, isRun, name = '']) => isRun !== undefined || !OWN_COMMANDS.has(name),
  );
  return new Set(calls.map(([, , name = '']) => name));
}
