import { CONTROL_PREFIX } from './control-prefix.ts';
import { CONTROL_ROUTES } from './control-routes.ts';

/** The calls of the control interface as a table in Markdown, of the table that serves them. */
export function controlMarkdown(): string {
  const rows = CONTROL_ROUTES.map(({ method, path, about, parameter }) => {
    const more = parameter === undefined ? '' : ` \`?${parameter.name}=N\`: ${parameter.about}.`;
    return `| \`${method} ${CONTROL_PREFIX}${path}\` | ${about}${more} |`;
  });
  return ['| Call | What it does |', '| --- | --- |', ...rows].join('\n');
}
