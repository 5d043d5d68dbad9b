import mustache from 'mustache';
import { cutText } from '../../../runtime/cut-text.ts';
import { ReconcileError } from '../../../runtime/errors.ts';
import type { RevealedValues } from './values.ts';

/** What a template can name: text, or a truth that sections ask for. */
export type TemplateView = Readonly<Record<string, string | boolean | undefined>>;

/** The names that a template of the data can use, with their values. `secure`: the scheme is https. Pure. */
export function dataView(values: RevealedValues): TemplateView {
  return {
    accessKeyId: values.accessKeyId,
    secretAccessKey: values.secretAccessKey,
    ...annotationView(values),
  };
}

/** The same for annotations: everybody who may list Secrets' metadata reads them, so the key is not among them. Pure. */
export function annotationView(values: Omit<RevealedValues, 'secretAccessKey' | 'accessKeyId'>): TemplateView {
  return {
    endpoint: values.endpoint,
    scheme: values.scheme,
    secure: values.scheme === 'https',
    host: values.host,
    port: String(values.port),
    region: values.region,
    bucket: values.bucket,
    pathStyle: values.pathStyle,
    user: values.user,
  };
}

/** mustache's tokens, as far as they are used: kind, text, and where it stands in the template. */
type Token = readonly [kind: string, text: string, start: number, end: number, inner?: unknown];

/** Where a template stands in the spec, and its text. */
interface Place {
  readonly path: string;
  readonly text: string;
}

/**
 * A text with Mustache tags, filled in: `{{name}}`, `{{#name}}…{{/name}}` where it is there and true,
 * `{{^name}}…{{/name}}` where it is not, `{{! comment }}`. Nothing is escaped, nothing is called. Pure.
 * @param path where it stands, such as `spec.outputs[0].template[config]`
 * @throws InvalidSpec with line and column
 */
export function renderTemplate(text: string, view: TemplateView, path: string): string {
  const writer = new mustache.Writer(); // of its own: the shared one keeps every template it has seen
  const place = { path, text };
  checkTokens(parse(writer, place), view, place, true);
  // Without a prototype: a view knows its own names and no others.
  const context = Object.assign(Object.create(null) as object, view);
  return writer.render(text, context, undefined, { escape: String });
}

function parse(writer: InstanceType<typeof mustache.Writer>, place: Place): readonly Token[] {
  try {
    return writer.parse(place.text) as readonly Token[]; // by its own documentation
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : '';
    const [, what = 'a tag is not understood', at = '0'] = /^(.*) at (\d+)$/s.exec(message) ?? [];
    throw invalid(place, Number(at), cutText(what, 100), thrown);
  }
}

function checkTokens(tokens: readonly Token[], view: TemplateView, place: Place, isShown: boolean): void {
  for (const [kind, name, start, , inner] of tokens) {
    switch (kind) {
      case 'text':
      case '!':
        break;
      case '>':
        throw invalid(place, start, 'other templates cannot be included: write their text here');
      case '=':
        throw invalid(place, start, 'the delimiters cannot be changed: tags stand in {{ and }}');
      case '#':
      case '^': {
        const isTrue = Boolean(known(view, name, place, start));
        checkTokens(inner as readonly Token[], view, place, isShown && isTrue === (kind === '#'));
        break;
      }
      default:
        if (known(view, name, place, start) === undefined && isShown) {
          const remedy = `name it in parameters.${name}, or write {{#${name}}}…{{/${name}}} around what needs it`;
          throw invalid(place, start, `"${name}" has no value here: ${remedy}`);
        }
    }
  }
}

function known(view: TemplateView, name: string, place: Place, start: number): string | boolean | undefined {
  if (Object.hasOwn(view, name)) return view[name];
  const names = Object.keys(view).join(', ');
  throw invalid(place, start, `there is no value ${JSON.stringify(cutText(name, 64))}: known are ${names}`);
}

function invalid({ path, text }: Place, at: number, what: string, cause?: unknown): ReconcileError {
  const before = text.slice(0, at).split('\n');
  const where = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
  const oneLine = what.replace(/\p{Cc}+/gu, ' ');
  return new ReconcileError('InvalidSpec', `${path}: ${where}: ${oneLine}`, { cause });
}
