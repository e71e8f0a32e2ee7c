import type { RoomMember } from '@pinwheel/protocol';

/** Milliseconds that the other nodes have to say who is in a room. */
const ANSWER_MS = 1_000;
/** Members that one node names at most. */
const NAMED_MAX = 10_000;

export interface RoomMembersOptions {
  /** The members on this node. */
  readonly local: (room: string) => Iterable<RoomMember>;
  /**
   * Asks the other nodes; calls back with what came, or does not when none can be asked. Undefined without other nodes.
   */
  readonly ask: ((room: string, answer: (answers: readonly unknown[]) => void) => void) | undefined;
  /** False when the others cannot be reached now. */
  readonly reachable: () => boolean;
}

/** Who is in a room, on all nodes. Questions about a room that is being asked about share the answer. */
export class RoomMembers {
  readonly #options: RoomMembersOptions;
  readonly #asking = new Map<string, Promise<RoomMember[]>>();

  constructor(options: RoomMembersOptions) {
    this.#options = options;
  }

  /** Members on this node: what another node is answered. */
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
    const asking = new Promise<RoomMember[]>((resolve) => {
      const done = (answers: readonly unknown[]): void => {
        clearTimeout(timer);
        this.#asking.delete(room);
        resolve(answers.flat().filter(isMember));
      };
      const timer = setTimeout(() => done([]), ANSWER_MS + 100);
      ask(room, done);
    });
    this.#asking.set(room, asking);
    return asking;
  }
}

/** Milliseconds after which the adapter gives what has come. The timer above is for when it cannot even ask. */
export const REQUESTS_TIMEOUT_MS = ANSWER_MS;

function isMember(value: unknown): value is RoomMember {
  return typeof value === 'object' && value !== null && 'id' in value && 'server' in value && 'transport' in value;
}
