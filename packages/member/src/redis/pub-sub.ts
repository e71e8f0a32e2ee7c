import { RedisLink } from './redis-link.js';

/**
 * The two connected clients that a server already has for its Redis adapter: of `ioredis`, or of the `redis` package. The
 * subscriber may be, and usually is, in subscriber mode.
 */
export interface RedisClients {
  readonly publisher: { publish(channel: string, message: string): Promise<unknown> };
  readonly subscriber: IoredisSubscriber | NodeRedisSubscriber;
}

/** What is used of a subscribing client of `ioredis`. */
export interface IoredisSubscriber {
  subscribe(channel: string): Promise<unknown>;
  on(event: 'message', listener: (channel: string, message: string) => void): unknown;
}

/** What is used of a subscribing client of the `redis` package, version 4 and later. */
export interface NodeRedisSubscriber {
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  pSubscribe: unknown;
}

/** One channel of Redis, to publish on and hear. */
export interface Channel {
  /** Why nothing can be published or heard now, for a person, when that is known beforehand. */
  readonly problem: string | undefined;
  /** Asks for the channel's messages; asked again if it failed. */
  listen(): Promise<unknown>;
  publish(message: string): Promise<unknown>;
}

/** A channel over whatever kind of clients, whose messages `receive` gets. */
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
