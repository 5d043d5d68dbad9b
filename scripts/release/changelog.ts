/** One entry of a version, as Artifact Hub shows it. */
export interface ChangeEntry {
  readonly kind: 'added' | 'changed' | 'fixed' | 'security';
  /** One sentence or more, on one line, without Markdown links. */
  readonly description: string;
}

/** By the headings that changesets write. A new feature is a minor change, a repair a patch. */
const KINDS: Readonly<Record<string, ChangeEntry['kind']>> = {
  'Major Changes': 'changed',
  'Minor Changes': 'added',
  'Patch Changes': 'fixed',
};
/** How an entry about a security fix begins. */
const SECURITY = /^Security: /;

/** All that the changelog says of one version, without its heading. @throws Error when it has no such section */
export function sectionOf(changelog: string, version: string): string {
  const section = changelog.split(/^## /m).find((part) => part.split('\n')[0]?.trim() === version);
  if (section === undefined) throw new Error(`CHANGELOG.md has no section "## ${version}"`);
  return section.slice(section.indexOf('\n')).trim();
}

/**
 * The entries of one version. An entry that begins with "Security: " is a security fix.
 * @throws Error when the changelog has no section of that version, or one without entries
 */
export function entriesOf(changelog: string, version: string): readonly ChangeEntry[] {
  const entries = sectionOf(changelog, version)
    .split(/^### /m)
    .flatMap((part) => {
      const [heading = '', ...lines] = part.split('\n');
      const kind = KINDS[heading.trim()];
      return kind === undefined ? [] : bullets(lines.join('\n')).map((text) => entry(kind, text));
    });
  if (entries.length === 0) throw new Error(`CHANGELOG.md says nothing under "## ${version}"`);
  return entries;
}

function entry(kind: ChangeEntry['kind'], text: string): ChangeEntry {
  if (SECURITY.test(text)) return { kind: 'security', description: text.replace(SECURITY, '') };
  return { kind, description: text };
}

function bullets(text: string): readonly string[] {
  return text
    .split(/^- /m)
    .slice(1)
    .map((bullet) =>
      bullet
        .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        // The hash of the commit that changesets put in front.
        .replace(/^[0-9a-f]{7,40}: /, '')
        .replaceAll(/\s+/g, ' ')
        .trim(),
    );
}
