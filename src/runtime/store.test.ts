import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type KubeObject, keyOf } from '../api/meta.ts';
import { metadataOnly } from './slim.ts';
import { ObjectStore } from './store.ts';
import type { Change, Feed, FreshRead, ListSession, OwnWrite } from './store-feed.ts';

interface Options {
  readonly version?: string;
  readonly uid?: string;
  readonly namespace?: string;
  readonly labels?: Record<string, string>;
  readonly deleting?: boolean;
}

function object(name: string, options: Options = {}): KubeObject {
  const { version = 'v1', uid = `uid-${name}`, namespace = 'a', labels, deleting } = options;
  return {
    apiVersion: 'v1',
    kind: 'Thing',
    metadata: {
      name,
      namespace,
      uid,
      resourceVersion: version,
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...(labels === undefined ? {} : { labels }),
      ...(deleting === true ? { deletionTimestamp: '2026-01-02T00:00:00Z' } : {}),
    },
  };
}

const quiet = { refresh: () => undefined, relist: () => undefined };
const key = (name: string, namespace = 'a') => ({ namespace, name });

function listed(feed: Feed<KubeObject>, ...objects: KubeObject[]): void {
  const session = feed.beginList();
  session.put(objects);
  session.end();
}

/** A write of ours that was answered with that object. */
function written(store: ObjectStore, object: KubeObject): void {
  store.beginWrite(keyOf(object)).finished(object);
}

function recorded(store: ObjectStore): string[] {
  const seen: string[] = [];
  const text = (one: KubeObject | undefined) => one?.metadata.resourceVersion ?? '-';
  store.onChange(({ before, after, isInitial }: Change<KubeObject>) => {
    const name = (after ?? before)?.metadata.name ?? '';
    seen.push(`${name} ${text(before)}>${text(after)}${isInitial ? ' initial' : ''}`);
  });
  return seen;
}

test('a list shows what there is, the next one what went, each change once', () => {
  const store = new ObjectStore();
  const feed = store.addFeed(quiet);
  const seen = recorded(store);
  listed(feed, object('x'), object('y'));
  listed(feed, object('x'), object('z'));
  feed.put(object('x', { version: 'v2' }));
  feed.put(object('x', { version: 'v2' }));
  feed.remove(object('x', { version: 'v3' }));
  assert.deepEqual(seen, ['x ->v1 initial', 'y ->v1 initial', 'z ->v1', 'y v1>-', 'x v1>v2', 'x v2>-']);
  assert.deepEqual(
    store.list().map((one) => one.metadata.name),
    ['z'],
  );
});

test('a list that broke off deletes nothing', () => {
  const store = new ObjectStore();
  const feed = store.addFeed(quiet);
  listed(feed, object('x'), object('y'));
  const session = feed.beginList();
  session.put([object('x', { version: 'v2' })]);
  session.abandon();
  assert.equal(store.list().length, 2);
});

test('sources keep to their scope, and take what is theirs along', () => {
  const store = new ObjectStore();
  const a = store.addFeed({ ...quiet, namespace: 'a' });
  const b = store.addFeed({ ...quiet, key: key('one', 'b') });
  listed(a, object('x'));
  listed(b, object('one', { namespace: 'b' }));
  listed(a);
  assert.deepEqual(store.list('b').length, 1);
  assert.deepEqual(store.list('a').length, 0);
  const seen = recorded(store);
  const open = b.beginList();
  b.close();
  b.put(object('one', { namespace: 'b', version: 'v2' })); // came late
  open.put([object('one', { namespace: 'b', version: 'v2' })]);
  open.end();
  assert.equal(store.list().length, 0);
  assert.deepEqual(seen, []);
});

test('indexes follow what readers see, our own writes included', () => {
  const store = new ObjectStore({ indexes: { team: (one: KubeObject) => Object.values(one.metadata.labels ?? {}) } });
  const feed = store.addFeed(quiet);
  listed(feed, object('x', { labels: { team: 'red' } }), object('y', { labels: { team: 'red' } }));
  written(store, object('x', { version: 'v2', labels: { team: 'blue' } }));
  const names = (team: string) => store.byIndex('team', team).map((one) => one.metadata.name);
  assert.deepEqual([names('red'), names('blue')], [['y'], ['x']]);
  feed.put(object('x', { version: 'v2', labels: { team: 'green' } }));
  assert.deepEqual([names('blue'), names('green')], [[], ['x']]);
  feed.remove(object('x'));
  assert.deepEqual(names('green'), []);
  assert.throws(() => store.byIndex('colour', 'x'), /no index "colour"; there are: team/);
});

test('a defect in a listener or an index is told, and stops nobody else', () => {
  const defects: string[] = [];
  const store = new ObjectStore({
    indexes: {
      broken: () => {
        throw new Error('index');
      },
    },
    onDefect: (error) => defects.push(String(error)),
  });
  store.onChange(() => {
    throw new Error('listener');
  });
  const seen = recorded(store);
  store.addFeed(quiet).put(object('x'));
  assert.deepEqual(defects, ['Error: index', 'Error: listener']);
  assert.deepEqual(seen, ['x ->v1']);
});

test('what nobody reads is not kept, of a Secret not even its data', () => {
  const fat = object('x');
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', kept: 'yes' };
  const raw = {
    ...fat,
    metadata: { ...fat.metadata, managedFields: [{}], annotations },
    data: { password: 'aHVudGVyMg==' },
  };
  const full = new ObjectStore();
  full.addFeed(quiet).put(raw);
  assert.deepEqual(full.get(key('x')), { ...raw, metadata: { ...fat.metadata, annotations: { kept: 'yes' } } });
  const bare = new ObjectStore({ transform: metadataOnly });
  written(bare, raw);
  assert.deepEqual(bare.get(key('x')), { ...fat, metadata: { ...fat.metadata, annotations: { kept: 'yes' } } });
});

test('our own write is seen at once, and no older state after it', () => {
  const store = new ObjectStore();
  const feed = store.addFeed({ ...quiet, refresh: () => assert.fail('there is nothing to ask') });
  listed(feed, object('x'));
  const write = store.beginWrite(key('x'));
  feed.put(object('x', { version: 'v2' })); // somebody else, before us
  write.finished(object('x', { version: 'v4' }));
  feed.put(object('x', { version: 'v3' }));
  assert.equal(store.get(key('x'))?.metadata.resourceVersion, 'v4');
  feed.put(object('x', { version: 'v4' }));
  feed.put(object('x', { version: 'v5' }));
  assert.equal(store.get(key('x'))?.metadata.resourceVersion, 'v5');
});

test('an answer that its events overtook hides nothing newer', () => {
  const store = new ObjectStore();
  const feed = store.addFeed(quiet);
  listed(feed, object('x'));
  const write = store.beginWrite(key('x'));
  feed.put(object('x', { version: 'v2' }));
  feed.put(object('x', { version: 'v3' }));
  write.finished(object('x', { version: 'v2' }));
  assert.equal(store.get(key('x'))?.metadata.resourceVersion, 'v3');
  const deletion = store.beginWrite(key('x'));
  feed.remove(object('x', { version: 'v4' }));
  feed.put(object('x', { version: 'v5', uid: 'next' }));
  deletion.finished(object('x', { version: 'v4', deleting: true }));
  assert.equal(store.get(key('x'))?.metadata.uid, 'next');
});

test('the answer to a write that changed nothing hides nothing newer', () => {
  const store = new ObjectStore();
  const feed = store.addFeed(quiet);
  listed(feed, object('x'));
  const write = store.beginWrite(key('x'));
  feed.put(object('x', { version: 'v2' }));
  write.finished(object('x', { version: 'v1' }));
  assert.equal(store.get(key('x'))?.metadata.resourceVersion, 'v2');
});

test('a write that met the beginning of a list asks how things stand; another one does not', () => {
  let asked = 0;
  const store = new ObjectStore();
  const feed = store.addFeed({ ...quiet, refresh: () => asked++ });
  const session = feed.beginList();
  session.put([]);
  written(store, object('x')); // the list was fixed before
  session.end();
  feed.beginList().end();
  feed.beginList().abandon();
  written(store, object('x', { version: 'v1b' }));
  assert.equal(asked, 0);
  feed.beginList();
  written(store, object('x', { version: 'v2' }));
  assert.equal(asked, 1);
});

test('a read that a later write overtook says nothing', () => {
  const store = new ObjectStore();
  const feed = store.addFeed(quiet);
  listed(feed, object('x'));
  written(store, object('x', { version: 'v2' }));
  const read = store.beginRead(key('x'));
  written(store, object('x', { version: 'v4' }));
  read.found(object('x', { version: 'v3' }));
  assert.equal(store.get(key('x'))?.metadata.resourceVersion, 'v4');
});

test('the last finalizer off: gone for readers, until the next incarnation is delivered', () => {
  const store = new ObjectStore();
  const feed = store.addFeed(quiet);
  listed(feed, object('x', { deleting: true }));
  written(store, object('x', { deleting: true }));
  assert.equal(store.get(key('x')), undefined);
  feed.put(object('x', { version: 'v2', deleting: true }));
  assert.equal(store.get(key('x')), undefined);
  feed.remove(object('x', { version: 'v3', deleting: true }));
  feed.put(object('x', { version: 'v4', uid: 'next' }));
  assert.equal(store.get(key('x'))?.metadata.uid, 'next');
});

test('listeners hear of foreign changes that our own write already contains', () => {
  const store = new ObjectStore();
  const feed = store.addFeed(quiet);
  listed(feed, object('x'));
  const seen = recorded(store);
  const write = store.beginWrite(key('x'));
  write.finished(object('x', { version: 'v3' }));
  feed.put(object('x', { version: 'v2' }));
  feed.put(object('x', { version: 'v3' }));
  assert.deepEqual(seen, ['x v1>v2', 'x v2>v3']);
});

/** A server with the history of each name, and a source that lags behind it. */
class World {
  readonly store = new ObjectStore();
  readonly #feed: Feed<KubeObject>;
  readonly #history: { readonly name: string; readonly object: KubeObject; readonly isDeleted: boolean }[] = [];
  readonly #live = new Map<string, KubeObject>();
  #delivered = 0;
  #list: { session: ListSession<KubeObject>; at: number; objects: KubeObject[] | undefined } | undefined;
  #isRelistWanted = false;
  readonly #reads = new Map<string, { read: FreshRead<KubeObject>; answer: KubeObject | 'absent' | undefined }>();
  #count = 0;
  readonly #writes = new Map<string, { write: OwnWrite<KubeObject>; answer: KubeObject | 'failed' | undefined }>();
  /** By name: the place in history that readers have seen or that an answer of ours has told. */
  readonly #floor = new Map<string, number>();

  constructor() {
    this.#feed = this.store.addFeed({
      refresh: ({ name }) => this.#reads.set(name, { read: this.store.beginRead(key(name)), answer: undefined }),
      relist: () => {
        this.#isRelistWanted = true;
      },
    });
    listed(this.#feed);
  }

  step(what: number, name: string): void {
    const steps = [
      () => this.#foreignWrite(name),
      () => this.#foreignDelete(name),
      () => this.#begin(name),
      () => this.#apply(name, false),
      () => this.#apply(name, true),
      () => this.#answer(name),
      () => this.#deliver(),
      () => this.#deliver(),
      () => this.#beginList(),
      () => this.#snapshot(),
      () => this.#endList(),
      () => this.#read(name),
      () => this.#answerRead(name),
    ];
    steps[what % steps.length]?.();
    for (const one of ['x', 'y']) this.#check(one);
  }

  /** Everything that is under way comes to its end. */
  finish(): void {
    for (const name of ['x', 'y']) this.#answer(name);
    for (let round = 0; round < 3; round++) {
      this.#snapshot();
      this.#endList();
      for (const name of ['x', 'y']) {
        this.#read(name);
        this.#answerRead(name);
      }
      if (this.#isRelistWanted) this.#beginList();
    }
    while (this.#delivered < this.#history.length) this.#deliver();
    for (const name of ['x', 'y']) {
      this.#check(name);
      assert.deepEqual(this.store.get(key(name)), this.#live.get(name), 'readers end up with what the server has');
    }
  }

  #commit(name: string, next: KubeObject, isDeleted: boolean): KubeObject {
    this.#history.push({ name, object: next, isDeleted });
    if (isDeleted) this.#live.delete(name);
    else this.#live.set(name, next);
    return next;
  }

  #foreignWrite(name: string): void {
    const uid = this.#live.get(name)?.metadata.uid ?? `uid-${this.#count}`;
    this.#commit(name, object(name, { version: this.#version(), uid }), false);
  }

  #foreignDelete(name: string): void {
    const live = this.#live.get(name);
    if (live !== undefined)
      this.#commit(name, object(name, { version: this.#version(), uid: live.metadata.uid }), true);
  }

  #begin(name: string): void {
    if (!this.#writes.has(name)) this.#writes.set(name, { write: this.store.beginWrite(key(name)), answer: undefined });
  }

  #apply(name: string, isRemoval: boolean): void {
    const pending = this.#writes.get(name);
    if (pending === undefined || pending.answer !== undefined) return;
    const live = this.#live.get(name);
    if (live === undefined) {
      pending.answer = 'failed';
      return;
    }
    const { uid } = live.metadata;
    if (isRemoval) {
      pending.answer = this.#commit(name, object(name, { version: this.#version(), uid, deleting: true }), true);
    } else {
      const isNoChange = this.#history.length % 4 === 0;
      pending.answer = isNoChange ? live : this.#commit(name, object(name, { version: this.#version(), uid }), false);
    }
  }

  #answer(name: string): void {
    const pending = this.#writes.get(name);
    if (pending === undefined) return;
    this.#writes.delete(name);
    const { answer, write } = pending;
    if (answer === undefined || answer === 'failed') return write.failed();
    write.finished(answer);
    const place = this.#history.findIndex((one) => one.object === answer);
    // A list that was read while we wrote may have shown more than our answer does, and nothing tells so: back to the
    // answer, until the read that was asked for has come.
    const floor = this.#reads.has(name) ? -1 : (this.#floor.get(name) ?? -1);
    this.#floor.set(name, Math.max(floor, place));
  }

  #read(name: string): void {
    const pending = this.#reads.get(name);
    if (pending !== undefined) pending.answer ??= this.#live.get(name) ?? 'absent';
  }

  #answerRead(name: string): void {
    const pending = this.#reads.get(name);
    if (pending?.answer === undefined) return;
    this.#reads.delete(name);
    if (pending.answer === 'absent') pending.read.failed();
    else pending.read.found(pending.answer);
  }

  #deliver(): void {
    const next = this.#history[this.#delivered];
    if (next === undefined || this.#list !== undefined) return;
    this.#delivered++;
    if (next.isDeleted) this.#feed.remove(next.object);
    else this.#feed.put(next.object);
  }

  #beginList(): void {
    if (this.#list !== undefined) return;
    this.#isRelistWanted = false;
    this.#list = { session: this.#feed.beginList(), at: 0, objects: undefined };
  }

  #snapshot(): void {
    if (this.#list === undefined || this.#list.objects !== undefined) return;
    this.#list.at = this.#history.length;
    this.#list.objects = [...this.#live.values()];
  }

  #endList(): void {
    if (this.#list?.objects === undefined) return;
    const { session, objects, at } = this.#list;
    session.put(objects.slice(0, 1));
    session.put(objects.slice(1));
    session.end();
    this.#delivered = at;
    this.#list = undefined;
  }

  /** Readers never go back, neither behind what they saw nor behind an answer of ours. */
  #check(name: string): void {
    const seen = this.store.get(key(name));
    const place =
      seen === undefined
        ? this.#history.findLastIndex((one) => one.name === name && one.isDeleted)
        : this.#history.findIndex((one) => one.object.metadata.resourceVersion === seen.metadata.resourceVersion);
    const floor = this.#floor.get(name) ?? -1;
    assert.ok(place >= floor, `${name}: readers see place ${place} after place ${floor}`);
    if (seen !== undefined) this.#floor.set(name, place);
  }

  /** Opaque and in no order: who compares them as numbers or texts fails. */
  #version(): string {
    this.#count += 1;
    return String((this.#count * 7919) % 10_007);
  }
}

test('in every interleaving readers never go back behind our own writes, and end up with the truth', () => {
  const names = fc.constantFrom('x', 'x', 'x', 'y'); // most of it around one object: that is where the races are
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(12), names), { minLength: 20, maxLength: 80, size: 'max' }), (steps) => {
      const world = new World();
      for (const [what, name] of steps) world.step(what, name);
      world.finish();
    }),
    { numRuns: 10_000 },
  );
});
