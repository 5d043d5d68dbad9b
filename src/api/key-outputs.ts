import { z } from 'zod';
import { bucketName, bucketNameRule, PUBLISHED_REGION, regionName } from './names.ts';
import { referenceFields, secretKeyFields } from './references.ts';
import {
  checkedRule,
  type DeepReadonly,
  type FieldExtras,
  field,
  int,
  patternRule,
  type Rule,
  text,
} from './schema.ts';
import { textMap } from './text-map.ts';

/** Shapes of Secrets that programs read. */
const OUTPUT_PRESETS = [
  'original',
  'aws-env',
  'aws-credentials-file',
  'obc',
  'cosi-v1alpha2',
  'loki-operator',
  'thanos',
  'cnpg',
  'pgbackrest',
  'restic',
  'rclone',
  'registry',
] as const;

/** Those that are of no use without the name of a bucket. */
export const BUCKET_PRESETS: readonly PresetName[] = ['obc', 'cosi-v1alpha2', 'loki-operator', 'thanos', 'restic'];

interface WithOutputs {
  readonly outputs?: readonly { readonly preset?: string; readonly parameters?: { readonly bucket?: string } }[];
}

/**
 * On a spec with outputs of which nothing else says the bucket. Of new objects alone: in others the output says so itself,
 * and to compare lists with what was stored costs more than a rule may.
 */
export const outputBucketRule: Rule = {
  ...checkedRule<WithOutputs>(
    [
      'oldSelf.hasValue() || !has(self.outputs)',
      `self.outputs.all(output, !has(output.preset) || !(output.preset in [${BUCKET_PRESETS.map((name) => `'${name}'`).join(', ')}]) || has(output.parameters) && has(output.parameters.bucket))`,
    ].join(' || '),
    `outputs: the presets ${BUCKET_PRESETS.join(', ')} need the name of a bucket: set parameters.bucket`,
    ({ outputs = [] }) =>
      outputs.every(
        ({ preset, parameters: given }) =>
          !BUCKET_PRESETS.some((name) => name === preset) || given?.bucket !== undefined,
      ),
  ),
  optionalOldSelf: true,
};

/** Longest list of outputs. */
const MAX_OUTPUTS = 16;
/** Objects that a status can list: two for each output, and as many that are on their way out. */
export const MAX_RECORDED_OUTPUTS = 4 * MAX_OUTPUTS;

function parameter(what: string, example: string, absent: string, extras: FieldExtras = {}) {
  return field({ what, example, change: true, absent }, extras);
}

const DATA_KEY = /^[-._a-zA-Z0-9]+$/;
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;
const FOLDER = /^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/;
const SECRET_TYPE = /^[A-Za-z0-9./_-]+$/;

function nameWords(name: string): string {
  return `${name} must be up to 64 letters, digits, dots, hyphens and underscores, such as wasabi`;
}

const parameters = z
  .object({
    bucket: bucketName.optional().meta(
      parameter('Name of the bucket that the program is to use.', 'team-a-data', 'no bucket is named', {
        isPatternARule: true,
        rules: [bucketNameRule('bucket')],
      }),
    ),
    region: regionName
      .optional()
      .meta(
        parameter(
          'Region of that bucket: endpoint and region are named for it.',
          'eu-central-2',
          "the Provider's region",
          patternRule(
            PUBLISHED_REGION,
            'region must be the name of a region, letters, digits and hyphens, such as eu-central-2',
          ),
        ),
      ),
    key: text(253)
      .regex(DATA_KEY)
      .optional()
      .meta(
        parameter(
          'Key in the data that the file stands under: presets aws-credentials-file, thanos, pgbackrest, rclone; aws-env writes a file of variables under it.',
          'cloud',
          'credentials, objstore.yml, s3.conf, rclone.conf; aws-env gives each variable a key of its own',
          patternRule(
            DATA_KEY,
            'key must be a key in the data of a Secret: letters, digits, dots, hyphens and underscores, such as cloud',
          ),
        ),
      ),
    profile: text(64)
      .regex(NAME)
      .optional()
      .meta(
        parameter(
          'Profile in the file of preset aws-credentials-file.',
          'backup',
          'default',
          patternRule(NAME, nameWords('profile')),
        ),
      ),
    remote: text(64)
      .regex(NAME)
      .optional()
      .meta(
        parameter(
          'Name of the remote in the file of preset rclone.',
          'archive',
          'wasabi',
          patternRule(NAME, nameWords('remote')),
        ),
      ),
    repo: int(1, 256)
      .optional()
      .meta(parameter('Number of the repository in the file of preset pgbackrest.', '2', '1')),
    path: text(512)
      .regex(FOLDER)
      .optional()
      .meta(
        parameter(
          'Folder in the bucket: presets restic, thanos.',
          'hosts/db-1',
          'the whole bucket',
          patternRule(
            FOLDER,
            'path must be names of letters, digits, dots, hyphens and underscores with single slashes between them, such as hosts/db-1',
          ),
        ),
      ),
    includeLocation: z
      .boolean()
      .optional()
      .meta(
        parameter(
          'Whether the file of preset pgbackrest names bucket, endpoint and region, too. pgBackRest refuses them twice: leave it out where an operator writes them.',
          'true',
          'the key alone',
        ),
      ),
  })
  .optional()
  .meta(parameter('What the shape has to be told besides.', '{bucket: team-a-data}', 'the defaults of the shape'));

interface OutputFields {
  readonly preset?: string;
  readonly template?: object;
  readonly merge?: boolean;
  readonly type?: string;
  readonly labels?: object;
  readonly annotations?: object;
}

const rules = [
  checkedRule<OutputFields>(
    'has(self.preset) != has(self.template)',
    'an output needs exactly one of preset and template: set one of them',
    ({ preset, template }) => (preset === undefined) !== (template === undefined),
  ),
  checkedRule<OutputFields>(
    '!has(self.merge) || !self.merge || !(has(self.type) || has(self.labels) || has(self.annotations))',
    'merge goes without type, labels and annotations, since the Secret is not ours: take them out',
    ({ merge, type, labels, annotations }) =>
      merge !== true || [type, labels, annotations].every((each) => each === undefined),
  ),
  checkedRule<OutputFields>(
    "!has(self.merge) || !self.merge || !has(self.preset) || self.preset != 'obc'",
    'preset obc makes a ConfigMap, too, and cannot be merged: take merge out, or choose preset aws-env',
    ({ merge, preset }) => merge !== true || preset !== 'obc',
  ),
];

const output = z
  .object({
    name: referenceFields('Secret', 'velero-s3').name,
    namespace: secretKeyFields('').namespace,
    preset: z
      .enum(OUTPUT_PRESETS)
      .optional()
      .meta(field({ what: 'A shape by its name.', example: 'aws-env', change: true, absent: 'template says it' })),
    template: textMap(
      'A Mustache template for each key of the data. Values: accessKeyId, secretAccessKey, endpoint, scheme, secure, host, port, region, bucket, pathStyle, user.',
      "{config: '{{accessKeyId}}:{{secretAccessKey}}'}",
      32,
      16_384,
    ),
    parameters,
    type: text(253)
      .regex(SECRET_TYPE)
      .optional()
      .meta(
        field(
          {
            what: 'Type of the Secret.',
            example: 'kubernetes.io/basic-auth',
            change: 'Can change: the Secret is deleted and made anew, since Kubernetes keeps its type.',
            absent: 'Opaque',
          },
          {
            isPatternARule: true,
            rules: [
              ...(patternRule(
                SECRET_TYPE,
                'type must be a type of a Secret: letters, digits, dots, slashes, hyphens and underscores, such as Opaque',
              ).rules ?? []),
              checkedRule<string>(
                "!(self in ['kubernetes.io/service-account-token', 'bootstrap.kubernetes.io/token'])",
                'type must not be one that gives rights in the cluster: choose another one',
                (self) => !['kubernetes.io/service-account-token', 'bootstrap.kubernetes.io/token'].includes(self),
              ),
            ],
          },
        ),
      ),
    labels: textMap('Labels of the Secret, beside those of the operator.', '{app: velero}', 32, 63),
    annotations: textMap(
      'Annotations of the Secret, beside those of the operator. They are templates, too, without the key.',
      "{'serving.kserve.io/s3-endpoint': '{{host}}'}",
      32,
      4096,
    ),
    merge: z
      .boolean()
      .optional()
      .meta(
        field({
          what: 'Whether the keys are added to a Secret that somebody else made, and that says so with the annotation s3.cloud37.dev/accept-merge: NAMESPACE/NAME of this object. Keys that are there already are never changed.',
          example: 'true',
          change: true,
          absent: 'the Secret is made, and is of this object alone',
        }),
      ),
  })
  .meta(field({ what: 'One more Secret with the key.' }, { rules }));

/** `spec.outputs`: further Secrets with the key, in the shapes that programs read. */
export const keyOutputs = z
  .array(output)
  .max(MAX_OUTPUTS)
  .optional()
  .meta(
    // That no two name one Secret is said by the operator: no rule over pairs of items is within the budget of the API server.
    field({
      what: 'Further Secrets with the key, in the shapes that programs read.',
      example: '[{name: app-s3-env, preset: aws-env, parameters: {bucket: team-a-data}}]',
      change: 'Can change: what is taken out is removed.',
      absent: 'the key stands in its own Secret alone',
    }),
  );

/** `status.outputs`: what stands, or is about to; written before the object itself, so that none is ever forgotten. */
export const recordedOutputs = z
  .array(
    z
      .object({
        kind: z.enum(['Secret', 'ConfigMap']).meta(field({ what: 'Kind of the object.' })),
        namespace: text(63).meta(field({ what: 'Its namespace.' })),
        name: text(253).meta(field({ what: 'Its name.' })),
        merge: z
          .boolean()
          .optional()
          .meta(field({ what: "Whether it is somebody else's Secret, with keys of ours in it." })),
      })
      .meta(field({ what: 'One object.' })),
  )
  .max(MAX_RECORDED_OUTPUTS)
  .optional()
  .meta(field({ what: 'The objects of spec.outputs that stand, or are about to.' }));

/** One entry of `spec.outputs`. */
export type KeyOutput = DeepReadonly<z.output<typeof output>>;
/** One entry of `status.outputs`. */
export type RecordedOutput = NonNullable<DeepReadonly<z.output<typeof recordedOutputs>>>[number];
/** Name of a preset. */
export type PresetName = (typeof OUTPUT_PRESETS)[number];
