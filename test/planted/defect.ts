import { cpSync, globSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { z } from 'zod';

export const ROOT = join(import.meta.dirname, '../..');
/** What a copy leaves out: what is installed, and what is made by runs. */
const LEFT_OUT = new Set(['.git', 'node_modules', 'coverage', 'dist']);

const defectSchema = z.strictObject({
  /** The row of docs/lessons.md. */
  lesson: z.string().regex(/^L\d+$/),
  /** What the code does wrongly with these edits. */
  what: z.string().min(1),
  edits: z.array(z.strictObject({ file: z.string(), find: z.string().min(1), replace: z.string() })).min(1),
  /** Suites with tests of that row, below the project's folder. */
  suites: z.array(z.string()).min(1),
});

/** A defect of the predecessor, as edits of our code that bring it back. */
export type Defect = z.infer<typeof defectSchema>;

/** All defects, by the number of their row. @throws for a file that is none */
export function readDefects(): readonly Defect[] {
  return globSync('test/planted/defects/*.json', { cwd: ROOT })
    .map((file) => readDefect(file))
    .toSorted((a, b) => numberOf(a) - numberOf(b));
}

function readDefect(file: string): Defect {
  const { data, error } = defectSchema.safeParse(JSON.parse(readFileSync(join(ROOT, file), 'utf8')));
  if (data === undefined) throw new Error(`${file}: ${z.prettifyError(error)}`);
  if (file !== `test/planted/defects/${data.lesson}.json`) throw new Error(`${file} is about ${data.lesson}`);
  return data;
}

function numberOf({ lesson }: Defect): number {
  return Number(lesson.slice(1));
}

/** Titles of the tests of these rows: `L8: …`, `L8, L49: …`, `understood: L48: …`. */
export function titlesOf(lessons: readonly string[]): RegExp {
  return new RegExp(`(?:^|: )(?:L\\d+, )*(?:${lessons.join('|')})(?:, L\\d+)*: `);
}

/** This checkout in a folder of its own, with its packages. @returns the folder, for the caller to remove */
export function copyForDefect(): string {
  const folder = mkdtempSync(join(tmpdir(), 'planted-'));
  cpSync(ROOT, folder, { recursive: true, filter: (path) => !LEFT_OUT.has(relative(ROOT, path)) });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** Makes the edits in that folder. @throws where a text is not there exactly once */
export function plant({ edits }: Defect, folder: string): void {
  for (const { file, find, replace } of edits) {
    const path = join(folder, file);
    const parts = readFileSync(path, 'utf8').split(find);
    if (parts.length !== 2) throw new Error(`${file} has this text ${parts.length - 1} times, not once: ${find}`);
    writeFileSync(path, parts.join(replace));
  }
}
