/** What a manifest names in a Secret. */
export interface SecretReference {
  /** Where it stands, such as `spec.credential`. */
  readonly path: string;
  readonly secret: string;
  /** `undefined`: the Secret as a whole. */
  readonly key: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** Fields that hold the name of a Secret. */
const NAME_FIELDS = new Set(['secretName', 'existingSecret', 'existingSecretName']);
/** Fields that hold a Secret as an object with a name, and maybe a key. */
const OBJECT_FIELD = /^(secret|secretRef|secretKeyRef|\w*SecretRef|\w*SecretKeyRef)$/;

/**
 * Every reference to a Secret in a manifest or in values of a chart, whatever program it is for: the fields of pods, an
 * object of a name and a key, one of a secret and a key, and those of the programs that have a word of their own. Pure.
 */
export function secretReferences(manifest: unknown, path = ''): readonly SecretReference[] {
  if (Array.isArray(manifest)) return manifest.flatMap((each, index) => secretReferences(each, `${path}[${index}]`));
  if (!isFields(manifest)) return [];
  const own = ownReferences(manifest, path);
  const below = Object.entries(manifest).flatMap(([name, value]) => {
    const at = path === '' ? name : `${path}.${name}`;
    return isFields(value) && OBJECT_FIELD.test(name) && isText(value['name']) && !isText(value['key'])
      ? [{ path: at, secret: value['name'], key: undefined }]
      : secretReferences(value, at);
  });
  return [...own, ...below];
}

/** Keys of Secrets that a manifest uses by way of something else: variables in texts, and files below a mount. Pure. */
export function indirectKeys(manifest: unknown): readonly string[] {
  const texts = textsOf(manifest);
  const variables = texts.flatMap((text) => [...text.matchAll(/\$[{(](\w+)[)}]/g)].map(([, name = '']) => name));
  const files = secretMounts(manifest).flatMap((mount) =>
    texts.flatMap((text) =>
      text.includes(`${mount}/`) ? [text.slice(text.indexOf(`${mount}/`) + mount.length + 1)] : [],
    ),
  );
  return [...variables, ...files];
}

function ownReferences(fields: Fields, path: string): readonly SecretReference[] {
  const { name, secret, key, repository, pruneIntervalDays } = fields;
  const whole = Object.entries(fields).flatMap(([field, value]) =>
    NAME_FIELDS.has(field) && isText(value) ? [value] : [],
  );
  // VolSync: `restic.repository` is the name of a Secret.
  if (isText(repository) && pruneIntervalDays !== undefined) whole.push(repository);
  return [
    ...whole.map((each) => ({ path, secret: each, key: undefined })),
    ...(isText(name) && isText(key) ? [{ path, secret: name, key }] : []),
    ...(isText(secret) && isText(key) ? [{ path, secret, key }] : []),
  ];
}

/** Folders at which a container has a Secret. */
function secretMounts(manifest: unknown): readonly string[] {
  const objects = objectsOf(manifest);
  const volumes = objects.flatMap(({ name, secret }) => (isText(name) && isFields(secret) ? [name] : []));
  return objects.flatMap(({ name, mountPath }) =>
    isText(name) && isText(mountPath) && volumes.includes(name) ? [mountPath] : [],
  );
}

/** The names of the images that it runs, without registry, owner and tag. Pure. */
export function imagesOf(manifest: unknown): readonly string[] {
  return objectsOf(manifest).flatMap(({ image }) =>
    isText(image) ? [image.replace(/^.*\//, '').replace(/:.*$/, '')] : [],
  );
}

function objectsOf(value: unknown): readonly Fields[] {
  if (Array.isArray(value)) return value.flatMap(objectsOf);
  return isFields(value) ? [value, ...Object.values(value).flatMap(objectsOf)] : [];
}

function textsOf(value: unknown): readonly string[] {
  if (isText(value)) return [value];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  return isFields(value) ? Object.values(value).flatMap(textsOf) : [];
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
