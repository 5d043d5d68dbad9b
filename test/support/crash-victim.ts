import { type Saying, saidBy } from './canaries.ts';
import type { KeyWorld } from './keys.ts';
import type { Proxy } from './proxy.ts';
import type { World } from './world.ts';

/** The two sides on which an operator makes calls. */
export type Side = 'kube' | 'wasabi';

/** The operator of a run, which a verdict of its proxies kills at a call, and its successors. */
export interface Victim {
  /** The proxies of the one that works now. */
  readonly proxies: Readonly<Record<Side, Proxy>>;
  /** Resolves when the one that works now is dead. */
  readonly died: Promise<unknown>;
  /** Kills it where it stands. */
  kill(): void;
  /** Resolves when nothing is under way, or the operator is dead. */
  settle(): Promise<void>;
  /** Another one takes the place of the one that died. */
  replace(): Promise<void>;
  /** Lets that much time pass for the service and, where it can be done, for the operator. */
  pass(ms: number): Promise<void>;
  /** Has every object compared with the service once more. */
  lookAgain(): Promise<void>;
  /** Whatever the one that works now, or died last, let out anywhere but into the values of Secrets. */
  said(): Promise<readonly Saying[]>;
  close(): Promise<void>;
}

/** How the operator of a world comes to be one that can be killed. */
export type VictimIn = (keyWorld: KeyWorld) => Promise<Victim>;

/** The operator of the world itself, in this process: to cut it off from both sides is to kill it. */
export const inProcess: VictimIn = async (keyWorld) => {
  const { world } = keyWorld;
  let died = cutOff(world);
  return {
    get proxies() {
      return world.operator;
    },
    get died() {
      return died;
    },
    kill: () => {
      world.operator.kube.sever();
      world.operator.wasabi.sever();
      died = Promise.resolve();
    },
    settle: () => world.settle(),
    replace: async () => {
      await world.restart();
      died = cutOff(world);
    },
    pass: (ms) => keyWorld.pass(ms),
    lookAgain: () => world.resync(),
    said: () => saidBy(world),
    close: () => Promise.resolve(),
  };
};

/** Dead on one side is dead on the other. */
function cutOff({ operator: { kube, wasabi } }: World): Promise<void> {
  return Promise.race([kube.cut, wasabi.cut]).then(() => {
    kube.sever();
    wasabi.sever();
  });
}
