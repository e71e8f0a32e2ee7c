import { createAdapterClients, createStreamsClient, within } from '@pinwheel/member';
import type { RedisLink } from '@pinwheel/member';
import type { AdapterName } from '@pinwheel/protocol';
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter';
import type { Namespace, ServerOptions } from 'socket.io';
import type { Log } from '../contract.js';

/** Entries that the stream keeps, approximately: a node may be that far behind. */
const STREAM_LENGTH = 10_000;
/** Milliseconds that a read waits for entries; well below the silence after which a connection is given up (`silenceMax`). */
const STREAM_WAIT_MS = 2_000;
/** Milliseconds that the adapter waits for answers of other nodes before it returns those that have arrived. */
export const REQUESTS_TIMEOUT_MS = 1_000;
/** Milliseconds, at most, that a join waits until messages of other nodes reach this one. */
const SUBSCRIBED_MS = 500;

type Factory = ServerOptions['adapter'];

/** The connection of a node to the clients of other nodes. */
export interface NodeAdapter {
  /** Socket.IO's option `adapter`. */
  readonly create: Factory;
  /** Resolves when messages of other nodes reach a room that was joined just now; undefined where they always do. */
  readonly subscribed: (() => Promise<unknown>) | undefined;
}

/**
 * Socket.IO's adapter of this name, over a link to Redis.
 *
 * @param log gets a line for each message of another node that cannot be used
 */
export function nodeAdapter(name: AdapterName, link: RedisLink, log: Log): NodeAdapter {
  const onBadMessage = (error: unknown): void => {
    log(
      `dropped a message of another node that cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  };
  if (name === 'streams') return { create: overStreams(link, onBadMessage), subscribed: undefined };
  const { pubClient, subClient } = createAdapterClients(link, onBadMessage);
  return name === 'redis'
    ? {
        create: createAdapter(pubClient, subClient, { requestsTimeout: REQUESTS_TIMEOUT_MS }),
        subscribed: undefined,
      }
    : {
        // `dynamic`: each room has a channel, which only the nodes with members of it subscribe to.
        create: createShardedAdapter(pubClient, subClient, { subscriptionMode: 'dynamic' }),
        subscribed: () => within(SUBSCRIBED_MS, link.subscriptions.answered()).catch(() => undefined),
      };
}

function overStreams(link: RedisLink, onBadMessage: (error: unknown) => void): Factory {
  const create = createStreamsAdapter(createStreamsClient(link), {
    maxLen: STREAM_LENGTH,
    blockTimeInMs: STREAM_WAIT_MS,
  });
  // Socket.IO calls it with `new`, which an arrow function does not allow.
  return function overStreamsOf(namespace: Namespace) {
    const adapter = create(namespace);
    const onRawMessage = adapter.onRawMessage.bind(adapter);
    adapter.onRawMessage = (...message) => {
      try {
        onRawMessage(...message);
      } catch (error) {
        // The error would make the adapter read the same entry again, at once and for ever.
        onBadMessage(error);
      }
    };
    return adapter;
  };
}
