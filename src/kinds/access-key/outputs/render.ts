import type { PresetName } from '../../../api/key-outputs.ts';
import { ReconcileError } from '../../../runtime/errors.ts';
import { type OutputContent, type Preset, type PresetParameters, presets } from './presets.ts';
import { annotationView, dataView, renderTemplate } from './template.ts';
import { type Entries, NotExpressible } from './text-formats.ts';
import type { OutputValues } from './values.ts';

/** What one output is made of, as the spec says it. Exactly one of `preset` and `template`. */
export interface OutputShape {
  readonly preset?: PresetName | undefined;
  /** A template for each key of the data. */
  readonly template?: Entries | undefined;
  readonly parameters?: PresetParameters | undefined;
  readonly type?: string | undefined;
  readonly labels?: Entries | undefined;
  /** Templates, too. */
  readonly annotations?: Entries | undefined;
}

/** An output with everything filled in: the data is text in the open, for the Secret and nothing else. */
export interface RenderedOutput extends OutputContent {
  /** Type of the Secret. */
  readonly type: string;
  readonly labels: Entries;
  readonly annotations: Entries;
}

/** Types by which the control plane itself gives rights to whoever can make a Secret. */
const POWERFUL_TYPES = new Set(['kubernetes.io/service-account-token', 'bootstrap.kubernetes.io/token']);
const DATA_KEY = /^(?!\.{1,2}$)[-._a-zA-Z0-9]{1,253}$/;
const DATA_KEY_WORDS = 'letters, digits, dots, hyphens and underscores, such as credentials';
const PATH = /^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/;
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;
const NAME_WORDS = 'up to 64 letters, digits, dots, hyphens and underscores, such as wasabi';

/** Whether a parameter that is given can be so, and how that is said. */
const checks: { readonly [P in keyof PresetParameters]-?: readonly [(given: PresetParameters) => boolean, string] } = {
  key: [({ key = '' }) => DATA_KEY.test(key), DATA_KEY_WORDS],
  profile: [({ profile = '' }) => NAME.test(profile), NAME_WORDS],
  remote: [({ remote = '' }) => NAME.test(remote), NAME_WORDS],
  repo: [({ repo = 0 }) => Number.isInteger(repo) && repo >= 1 && repo <= 256, 'a whole number from 1 to 256'],
  path: [
    ({ path = '' }) => path.length <= 512 && PATH.test(path) && !/(^|\/)\.{1,2}(\/|$)/.test(path),
    'names of letters, digits, dots, hyphens and underscores with single slashes between them, such as team-a/db',
  ],
  includeLocation: [({ includeLocation }) => typeof includeLocation === 'boolean', 'true or false'],
};

/**
 * The objects of one output. Pure. The text of the key is revealed here, and stands in `data` alone.
 * @param path where the output stands in the spec, such as `spec.outputs[0]`
 * @throws InvalidSpec naming the field
 */
export function renderOutput(shape: OutputShape, values: OutputValues, path: string): RenderedOutput {
  const { preset, template, type = 'Opaque', labels = {}, annotations = {} } = shape;
  if (POWERFUL_TYPES.has(type)) {
    throw invalid(`${path}.type`, `a Secret of type ${type} would give rights in the cluster: choose another type`);
  }
  if ((preset === undefined) === (template === undefined)) {
    throw invalid(path, 'name either a preset or a template, not both');
  }
  const content =
    preset === undefined
      ? templateContent(template ?? {}, shape.parameters ?? {}, values, path)
      : presetContent(preset, shape.parameters ?? {}, values, path);
  const { accessKeyId: _id, secretAccessKey: _text, ...open } = values;
  return { type, labels, annotations: filledIn(annotations, annotationView(open), `${path}.annotations`), ...content };
}

function presetContent(
  name: PresetName,
  parameters: PresetParameters,
  values: OutputValues,
  path: string,
): OutputContent {
  const preset: Preset = presets[name];
  checkParameters(`preset ${name}`, preset.takes, parameters, path);
  if (preset.needsBucket && values.bucket === undefined) {
    throw invalid(`${path}.parameters.bucket`, `preset ${name} needs the name of a bucket: give it`);
  }
  try {
    return preset.render({ ...values, secretAccessKey: values.secretAccessKey.reveal() }, parameters);
  } catch (thrown) {
    if (!(thrown instanceof NotExpressible)) throw thrown;
    const message = `preset ${name} cannot hold ${thrown.what}, since ${thrown.message}: choose another preset, or write a template`;
    throw invalid(path, message, thrown);
  }
}

function templateContent(
  template: Entries,
  parameters: PresetParameters,
  values: OutputValues,
  path: string,
): OutputContent {
  checkParameters('a template', [], parameters, path);
  for (const key of Object.keys(template)) {
    if (!DATA_KEY.test(key)) throw invalid(`${path}.template`, `the key ${shown(key)} must be of ${DATA_KEY_WORDS}`);
  }
  const view = dataView({ ...values, secretAccessKey: values.secretAccessKey.reveal() });
  return { data: filledIn(template, view, `${path}.template`) };
}

function filledIn(templates: Entries, view: ReturnType<typeof annotationView>, path: string): Entries {
  return Object.fromEntries(
    Object.entries(templates).map(([key, text]) => [key, renderTemplate(text, view, `${path}[${key}]`)]),
  );
}

function checkParameters(whose: string, takes: Preset['takes'], parameters: PresetParameters, path: string): void {
  for (const name of Object.keys(checks) as (keyof PresetParameters)[]) {
    // the table has no other keys
    if (parameters[name] === undefined) continue;
    const where = `${path}.parameters.${name}`;
    if (!takes.includes(name)) {
      const others = [...takes, 'bucket', 'region'].join(', ');
      throw invalid(where, `${whose} takes no such parameter: take it out (it takes: ${others})`);
    }
    const [isValid, words] = checks[name];
    if (!isValid(parameters)) throw invalid(where, `${shown(parameters[name])} must be ${words}`);
  }
}

function shown(value: unknown): string {
  return JSON.stringify(value).slice(0, 80);
}

function invalid(path: string, what: string, cause?: unknown): ReconcileError {
  return new ReconcileError('InvalidSpec', `${path}: ${what}`, { cause });
}
