import type { ObjectKey } from '../api/meta.ts';

/**
 * Which objects' next pass is due only because another object, made by them or belonging to them, has news: such a pass
 * may rest on what the one before it read (`recent-readings.ts`). Any other cause that came since the last pass counts
 * more, and a pass that is due by the clock or by an edit is none of these.
 */
export class NewsWakes {
  readonly #causes = new Map<string, 'News' | 'Other'>();

  /** A child or a dependent has news. */
  news(kind: string, key: ObjectKey): void {
    const id = idOf(kind, key);
    if (!this.#causes.has(id)) this.#causes.set(id, 'News');
  }

  /** Something else has changed: the service is asked. */
  other(kind: string, key: ObjectKey): void {
    this.#causes.set(idOf(kind, key), 'Other');
  }

  /** Asked once by each pass, at its beginning: whether news is its only cause, as far as it was woken. */
  take(kind: string, key: ObjectKey): boolean {
    const id = idOf(kind, key);
    const cause = this.#causes.get(id);
    this.#causes.delete(id);
    return cause === 'News';
  }
}

function idOf(kind: string, { namespace, name }: ObjectKey): string {
  return `${kind}/${namespace}/${name}`;
}
