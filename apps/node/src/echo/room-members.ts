import { within } from '@pinwheel/member';
import type { RoomMember } from '@pinwheel/protocol';
import { REQUESTS_TIMEOUT_MS } from '../cluster/adapter.js';

/** Milliseconds after which the other nodes count as silent when the adapter never calls back. */
const LIMIT_MS = REQUESTS_TIMEOUT_MS + 100;
/** Members that one node names, at most. */
const NAMED_MAX = 10_000;

export interface RoomMembersOptions {
  /** The members on this node. */
  readonly local: (room: string) => Iterable<RoomMember>;
  /** Asks the other nodes and calls back with their answers, or never when they cannot be asked. Undefined without other nodes. */
  readonly ask: ((room: string, done: (answers: readonly unknown[]) => void) => void) | undefined;
  /** False when the others cannot be reached now. */
  readonly reachable: () => boolean;
}

/** Names the members of a room on all nodes. Questions about one room at one time share the answer. */
export class RoomMembers {
  readonly #options: RoomMembersOptions;
  readonly #asking = new Map<string, Promise<RoomMember[]>>();

  constructor(options: RoomMembersOptions) {
    this.#options = options;
  }

  /** Members on this node: the answer to another node. */
  local(room: string): RoomMember[] {
    const members: RoomMember[] = [];
    for (const member of this.#options.local(room)) {
      if (members.push(member) === NAMED_MAX) break;
    }
    return members;
  }

  /** Members on all nodes that answer within a second. Never rejects. */
  async everywhere(room: string): Promise<RoomMember[]> {
    const others = await this.#others(room);
    return [...this.local(room), ...others];
  }

  #others(room: string): Promise<RoomMember[]> {
    const { ask, reachable } = this.#options;
    if (ask === undefined || !reachable()) return Promise.resolve([]);
    const known = this.#asking.get(room);
    if (known !== undefined) return known;
    const answers = new Promise<readonly unknown[]>((resolve) => {
      ask(room, resolve);
    });
    const asking = within(LIMIT_MS, answers)
      .catch(() => [])
      .then((all) => all.flat().filter(isMember))
      .finally(() => this.#asking.delete(room));
    this.#asking.set(room, asking);
    return asking;
  }
}

function isMember(value: unknown): value is RoomMember {
  return typeof value === 'object' && value !== null && 'id' in value && 'server' in value && 'transport' in value;
}
