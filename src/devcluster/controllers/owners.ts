import type { ApiObject } from '../object.ts';
import type { Table } from '../store.ts';
import type { ChangeEvent } from '../watch-history.ts';

/** Where an object is: its table and its key in it. */
export interface Reference {
  readonly tableId: string;
  readonly key: string;
}

function textOf(reference: Reference): string {
  return `${reference.tableId} ${reference.key}`;
}

/** Which objects name which owner, kept up to date from the store's events in time linear in the references changed. */
export class OwnerIndex {
  readonly #dependents = new Map<string, Map<string, Reference>>();

  /** Takes in one write. */
  update(event: ChangeEvent, table: Table): void {
    const reference = { tableId: table.id, key: event.key };
    for (const uid of ownerUids(event.previous)) this.#remove(uid, reference);
    if (event.type === 'DELETED') return;
    for (const uid of ownerUids(event.object)) this.#add(uid, reference);
  }

  /** The objects that name this owner. */
  dependentsOf(uid: string): readonly Reference[] {
    return [...(this.#dependents.get(uid)?.values() ?? [])];
  }

  #add(uid: string, reference: Reference): void {
    const known = this.#dependents.get(uid);
    if (known === undefined) this.#dependents.set(uid, new Map([[textOf(reference), reference]]));
    else known.set(textOf(reference), reference);
  }

  #remove(uid: string, reference: Reference): void {
    const known = this.#dependents.get(uid);
    known?.delete(textOf(reference));
    if (known?.size === 0) this.#dependents.delete(uid);
  }
}

function ownerUids(object: ApiObject | undefined): readonly string[] {
  return (object?.metadata.ownerReferences ?? []).map(({ uid }) => uid);
}
