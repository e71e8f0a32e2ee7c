import { RedisLink } from './redis-link.js';

/**
 * The two connected clients that a server already has for its Redis adapter, of `ioredis` or of the `redis` package. The
 * subscriber is usually in subscriber mode, which is fine.
 */
export interface RedisClients {
  readonly publisher: { publish(channel: string, message: string): Promise<unknown> };
  readonly subscriber: IoredisSubscriber | NodeRedisSubscriber;
}

/** The part of a subscribing client of `ioredis` that is used here. */
export interface IoredisSubscriber {
  subscribe(channel: string): Promise<unknown>;
  on(event: 'message', listener: (channel: string, message: string) => void): unknown;
}

/** The part of a subscribing client of the `redis` package (version 4 and later) that is used here. */
export interface NodeRedisSubscriber {
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  pSubscribe: unknown;
}

/** A channel of Redis, for messages both ways. */
export interface Channel {
  /** Why the channel does not work now, for people, where that is known without trying. */
  readonly problem: string | undefined;
  /** Subscribes to the channel. A caller repeats it after a failure. */
  listen(): Promise<unknown>;
  publish(message: string): Promise<unknown>;
}

/** Opens a channel over any of the clients; `receive` gets its messages. */
export function openChannel(
  redis: RedisLink | RedisClients,
  name: string,
  receive: (message: string) => void,
): Channel {
  if (redis instanceof RedisLink) return overLink(redis, name, receive);
  const { publisher, subscriber } = redis;
  const publish = (message: string): Promise<unknown> => publisher.publish(name, message);
  if (isNodeRedis(subscriber)) {
    return { problem: undefined, listen: () => subscriber.subscribe(name, receive), publish };
  }
  subscriber.on('message', (channel, message) => {
    if (channel === name) receive(message);
  });
  return { problem: undefined, listen: () => subscriber.subscribe(name), publish };
}

function isNodeRedis(subscriber: IoredisSubscriber | NodeRedisSubscriber): subscriber is NodeRedisSubscriber {
  return 'pSubscribe' in subscriber;
}

function overLink(link: RedisLink, name: string, receive: (message: string) => void): Channel {
  link.onMessage((channel, message) => {
    if (channel.toString() === name) receive(message.toString());
  });
  return {
    get problem() {
      return link.problem === undefined ? undefined : `not connected to ${link.address}: ${link.problem}`;
    },
    listen: () => link.subscriptions.add('subscribe', [name]),
    publish: (message) => link.publish(name, message),
  };
}
