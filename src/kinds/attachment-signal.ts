/**
 * Tells that a managed policy was attached to a user or detached from it, by ARN: nothing in the cluster changes with it
 * that a watch could tell, and the IAMPolicy lists its users. A signal that a crash loses is made good by the pass that
 * every object gets after a start.
 */
export class AttachmentSignal {
  readonly #listeners: ((arn: string) => void)[] = [];

  onChange(listener: (arn: string) => void): void {
    this.#listeners.push(listener);
  }

  changed(arn: string): void {
    for (const listener of this.#listeners) listener(arn);
  }
}
