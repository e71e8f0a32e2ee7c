import { createAdapterClients, createStreamsClient } from '@pinwheel/member';
import type { RedisLink } from '@pinwheel/member';
import type { AdapterName } from '@pinwheel/protocol';
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter';
import type { Namespace, ServerOptions } from 'socket.io';
import { REQUESTS_TIMEOUT_MS } from '../echo/room-members.js';

/** Entries that the stream keeps, about: what a node may be behind. */
const STREAM_LENGTH = 10_000;
/** Milliseconds that a read waits for entries; well below the silence after which a connection is given up. */
const STREAM_WAIT_MS = 2_000;
/** Milliseconds that one who joins waits at most until messages of other nodes reach this one. */
const SUBSCRIBED_MS = 500;

type Factory = ServerOptions['adapter'];

/** How this node and the others reach each other's clients. */
export interface NodeAdapter {
  /** Socket.IO's option `adapter`. */
  readonly create: Factory;
  /** When what is said in a room that was joined just now comes from other nodes, too; not needed where it always does. */
  readonly subscribed: (() => Promise<unknown>) | undefined;
}

/** @param tell told in one line of what came from another node and could not be used */
export function nodeAdapter(name: AdapterName, link: RedisLink, tell: (line: string) => void): NodeAdapter {
  const misunderstood = (error: unknown): void => {
    tell(`a message of another node was not understood: ${error instanceof Error ? error.message : String(error)}`);
  };
  if (name === 'streams') return { create: overStreams(link, misunderstood), subscribed: undefined };
  const { pubClient, subClient } = createAdapterClients(link, misunderstood);
  return name === 'redis'
    ? {
        create: createAdapter(pubClient, subClient, { requestsTimeout: REQUESTS_TIMEOUT_MS }),
        subscribed: undefined,
      }
    : {
        // Each room has a channel, which only the nodes with members of it subscribe to.
        create: createShardedAdapter(pubClient, subClient, { subscriptionMode: 'dynamic' }),
        subscribed: () => withinTime(link.subscriptions.answered()),
      };
}

function overStreams(link: RedisLink, misunderstood: (error: unknown) => void): Factory {
  const create = createStreamsAdapter(createStreamsClient(link), {
    maxLen: STREAM_LENGTH,
    blockTimeInMs: STREAM_WAIT_MS,
  });
  // Socket.IO calls it with `new`.
  return function overStreamsOf(namespace: Namespace) {
    const adapter = create(namespace);
    const onRawMessage = adapter.onRawMessage.bind(adapter);
    adapter.onRawMessage = (...message) => {
      try {
        onRawMessage(...message);
      } catch (error) {
        // The adapter would read the same entry again, at once and for ever.
        misunderstood(error);
      }
    };
    return adapter;
  };
}

async function withinTime(promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, SUBSCRIBED_MS);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
