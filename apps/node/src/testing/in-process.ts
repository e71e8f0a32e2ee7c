import { onTestFinished } from 'vitest';
import type { ClientToServerEvents, ServerToClientEvents } from '@pinwheel/protocol';
import { io } from 'socket.io-client';
import type { Socket } from 'socket.io-client';
import type { NodeConfig } from '../config.js';
import { startNode } from '../node.js';
import type { RunningNode } from '../node.js';

export type Client = Socket<ServerToClientEvents, ClientToServerEvents>;

/** Runs `cleanup` after the test, before what was registered earlier. */
export function afterwards(cleanup: () => unknown): void {
  onTestFinished(async () => {
    await cleanup();
  });
}

/** A node in this process until the test ends, on a free port, without Redis by default. */
export async function node(config: Partial<NodeConfig> = {}, lines: string[] = []): Promise<RunningNode> {
  const settings: NodeConfig = {
    host: '127.0.0.1',
    port: 0,
    server: 'Server1',
    redisUrl: undefined,
    adapter: 'redis',
    tag: undefined,
    controls: false,
    ...config,
  };
  const running = await startNode(settings, (line) => lines.push(line));
  afterwards(() => running.close());
  return running;
}

/** A connected client, until the test ends. */
export async function client(url: string, options: Parameters<typeof io>[1] = {}): Promise<Client> {
  const socket: Client = io(url, { forceNew: true, transports: ['websocket'], reconnectionDelay: 50, ...options });
  afterwards(() => socket.disconnect());
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  return socket;
}

/** Emits an event with any arguments, well-formed or not, and returns what the ack gets. */
export function ask(socket: Client, event: string, ...args: unknown[]): Promise<unknown> {
  return (socket as unknown as Socket).timeout(10_000).emitWithAck(event, ...args);
}
