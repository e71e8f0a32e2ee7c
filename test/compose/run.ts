/**
 * `npm run test:compose`: tests the Dockerfile and the compose file with a Docker engine. It builds the image, starts
 * everything, sends echoes and room messages over both nodes through port 3102, kills a node, starts everything again with
 * controls, lets a client kill and drain nodes, which compose restarts, and stops everything. Exit code 0: all passed;
 * 1: something failed; 2: there is no Docker engine.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import type { ClientToServerEvents, Said, ServerGreeting, ServerToClientEvents } from '@pinwheel/protocol';
import { io } from 'socket.io-client';
import type { Socket } from 'socket.io-client';
import { until } from '@pinwheel/testing/until';

type Client = Socket<ServerToClientEvents, ClientToServerEvents>;

const BALANCER = 'http://127.0.0.1:3102';
const PATIENCE = 60_000;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function run(command: readonly string[], env: Readonly<Record<string, string>> = {}): void {
  const [program = '', ...args] = command;
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ...env } });
}

function output(command: readonly string[]): string {
  const [program = '', ...args] = command;
  return execFileSync(program, args, { encoding: 'utf8' }).trim();
}

function answers(command: readonly string[]): boolean {
  const [program = '', ...args] = command;
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

function within<T>(what: string, promise: Promise<T>, ms = PATIENCE): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what}: did not happen within ${ms} ms`)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Connects with a new connection and waits for the greeting. */
async function connect(): Promise<{ client: Client; greeting: ServerGreeting }> {
  const client: Client = io(BALANCER, { forceNew: true, transports: ['websocket'] });
  const greeting = new Promise<ServerGreeting>((resolve) => client.once('server', resolve));
  return { client, greeting: await within('a greeting', greeting) };
}

/** One client on each node; a node that has just restarted is not chosen at once. */
async function connectToBoth(): Promise<Map<string, Client>> {
  const clients = new Map<string, Client>();
  const deadline = performance.now() + PATIENCE;
  while (clients.size < 2 && performance.now() < deadline) {
    const { client, greeting } = await connect();
    if (clients.has(greeting.server)) {
      client.disconnect();
      await new Promise((resolve) => setTimeout(resolve, 100));
    } else clients.set(greeting.server, client);
  }
  if (clients.size < 2) throw new Error(`expected clients on two nodes, got ${[...clients.keys()].join(', ')}`);
  return clients;
}

function expect(what: string, got: unknown, expected: unknown): void {
  if (JSON.stringify(got) !== JSON.stringify(expected)) {
    throw new Error(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`);
  }
  say(`ok  ${what}`);
}

async function tryCluster(compose: readonly string[]): Promise<void> {
  const clients = await connectToBoth();
  const [one, two] = [...clients.values()];
  if (one === undefined || two === undefined) throw new Error('expected two clients');
  try {
    expect(
      'both nodes serve clients through 3102',
      [...clients.keys()].toSorted((a, b) => a.localeCompare(b)),
      ['Server1', 'Server2'],
    );
    expect(
      'a message is answered',
      await within('message', one.emitWithAck('message', 'hi')),
      'Server received from client: hi',
    );
    expect('an echo returns unchanged', await within('echo', two.emitWithAck('echo', { a: [1, 'x'] })), {
      a: [1, 'x'],
    });

    await within('join', one.emitWithAck('join', 'lobby'));
    expect('the room counts members over both nodes', await within('join', two.emitWithAck('join', 'lobby')), {
      ok: true,
      room: 'lobby',
      members: 2,
    });
    const heard = new Promise<Said>((resolve) => two.once('said', resolve));
    await within('say', one.emitWithAck('say', 'lobby', 'over the bridge'));
    expect('a room message crosses the nodes', (await within('said', heard)).payload, 'over the bridge');

    const page = await (await fetch(`${BALANCER}/`)).text();
    expect('the page is served', /<title>/.test(page), true);

    const lost = clients.get('Server1');
    if (lost === undefined) throw new Error('expected a client on Server1');
    const found = new Promise<ServerGreeting>((resolve) => lost.once('server', resolve));
    run([...compose, 'kill', '-s', 'SIGKILL', 'app1']);
    expect('a killed node’s client is on the other node', (await within('a new greeting', found)).server, 'Server2');
  } finally {
    for (const client of clients.values()) client.disconnect();
  }
}

/**
 * Sends the events of the page's buttons. Compose refuses it by default, and allows kill and drain with `CONTROLS=1`.
 */
async function tryControls(compose: readonly string[]): Promise<void> {
  const { client: visitor } = await connect();
  try {
    const refused = await within('control', visitor.emitWithAck('control', 'kill', 'Server1'));
    expect('without CONTROLS no client can kill a node', refused.ok, false);
  } finally {
    visitor.disconnect();
  }
  run([...compose, 'up', '--detach', '--no-build'], { CONTROLS: '1' });
  say('ok  everything is up with CONTROLS=1');
  for (const [verb, gone, stays, service] of [
    ['kill', 'Server1', 'Server2', 'app1'],
    ['drain', 'Server2', 'Server1', 'app2'],
  ] as const) {
    const before = restarts(compose, service);
    const clients = await connectToBoth();
    try {
      const [lost, other] = [clients.get(gone), clients.get(stays)];
      if (lost === undefined || other === undefined) throw new Error('expected a client on each node');
      const moved = new Promise<ServerGreeting>((resolve) => lost.once('server', resolve));
      const answer = await within('control', other.emitWithAck('control', verb, gone));
      expect(`a client on ${stays} has ${gone} ${verb === 'kill' ? 'killed' : 'drained'}`, answer.ok, true);
      // Compose may have restarted the node before its client connects.
      say(`ok  whose client is on ${(await within('a new greeting', moved)).server}`);
    } finally {
      for (const client of clients.values()) client.disconnect();
    }
    await until(`compose restarts ${gone}`, () => restarts(compose, service) > before, PATIENCE);
    for (const client of (await connectToBoth()).values()) client.disconnect();
    say(`ok  compose has started ${gone} again, and it takes clients`);
  }
}

function restarts(compose: readonly string[], service: string): number {
  const id = output([...compose, 'ps', '--all', '--quiet', service]);
  return Number(output(['docker', 'inspect', '--format', '{{.RestartCount}}', id]));
}

async function main(): Promise<number> {
  if (!answers(['docker', 'info'])) {
    say(
      'test:compose: no Docker engine answers `docker info`; nothing was tested. Start one (for example: dockerd &) and repeat',
    );
    return 2;
  }
  const compose = answers(['docker', 'compose', 'version']) ? ['docker', 'compose'] : ['docker-compose'];
  if (!answers([...compose, 'version'])) {
    say('test:compose: expected `docker compose` or `docker-compose`, found neither: install one of them');
    return 2;
  }
  const started = performance.now();
  // The host's network, for machines on which only the host reaches the registry.
  run(['docker', 'build', '--quiet', '--network', 'host', '--tag', 'pinwheel', '.']);
  say(`ok  the image builds (${Math.round((performance.now() - started) / 1_000)} s, ${imageSize()} MB)`);
  try {
    run([...compose, 'up', '--detach', '--no-build']);
    say('ok  everything is up and healthy');
    await tryCluster(compose);
    run([...compose, 'start', 'app1']);
    await tryControls(compose);
    const user = output([...compose, 'exec', '-T', 'app2', 'id', '-un']);
    expect('the node does not run as root', user, 'node');
    const stopped = performance.now();
    run([...compose, 'stop', '--timeout', '9', 'app2']);
    const seconds = (performance.now() - stopped) / 1_000;
    expect('SIGTERM ends a node in time', seconds < 9, true);
    const id = output([...compose, 'ps', '--quiet', 'app2']) || output([...compose, 'ps', '--all', '--quiet', 'app2']);
    expect('and it exits 0', output(['docker', 'inspect', '--format', '{{.State.ExitCode}}', id]), '0');
  } finally {
    run([...compose, 'down', '--volumes', '--timeout', '9']);
  }
  say('ok  everything is down');
  return 0;
}

function imageSize(): number {
  return Math.round(Number(output(['docker', 'inspect', '--format', '{{.Size}}', 'pinwheel'])) / 1e6);
}

try {
  process.exitCode = await main();
} catch (error) {
  say(`FAILED  ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
