import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { endPrograms } from '@pinwheel/testing/program';
import { until } from '@pinwheel/testing/until';
import { Prefix } from './prefix.js';

const TUNNELS = 200;
const RELOADS = 50;
const UPGRADE = [
  'GET /ws HTTP/1.1',
  'Host: x',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '',
  '',
].join('\r\n');

let prefix: Prefix;
let origin: Server;
const sockets = new Set<Socket>();

beforeEach(async () => {
  prefix = await Prefix.make();
  origin = createServer((_request, response) => response.end('ok'));
  // After the upgrade it echoes bytes: the balancer does not read frames.
  origin.on('upgrade', (_request, socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => {
    origin.listen(0, '127.0.0.1', resolve);
  });
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await endPrograms();
  await prefix.remove();
  origin.closeAllConnections();
  origin.close();
});

function answer(socket: Socket, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once('data', (data) => resolve(data.toString('latin1')));
    socket.once('close', () => reject(new Error('the tunnel was closed')));
    socket.write(text);
  });
}

test(`${RELOADS} reloads under ${TUNNELS} tunnels and steady polling close none and fail none`, async () => {
  const { port } = origin.address() as AddressInfo;
  const upgrade = 'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;';
  await prefix.serve(`proxy_pass http://127.0.0.1:${port}; proxy_http_version 1.1; ${upgrade}`);
  const program = await prefix.serving();
  const tunnels: Socket[] = [];
  let closed = 0;
  for (let i = 0; i < TUNNELS; i++) {
    const socket = connect(prefix.port, '127.0.0.1');
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    expect(await answer(socket, UPGRADE)).toContain(' 101 ');
    socket.on('close', () => closed++);
    tunnels.push(socket);
  }
  const polling = { goesOn: true, count: 0 };
  const failures: unknown[] = [];
  const poll = async (): Promise<void> => {
    while (polling.goesOn) {
      const text = await prefix.text().catch((error: unknown) => error);
      if (text !== 'ok') failures.push(text);
      polling.count++;
    }
  };
  const pollers = [poll(), poll(), poll(), poll()];
  for (let reload = 1; reload <= RELOADS; reload++) {
    program.child.kill('SIGHUP');
    const before = polling.count;
    await until(
      `reload ${reload} is logged`,
      () => (prefix.read('logs/error.log').match(/: reconfigured$/gm) ?? []).length === reload,
    );
    await until('the polling client gets another answer', () => polling.count > before);
  }
  const echoes = await Promise.all(tunnels.map((socket, i) => answer(socket, `after ${i}`)));
  polling.goesOn = false;
  await Promise.all(pollers);
  expect(echoes).toEqual(tunnels.map((_socket, i) => `after ${i}`));
  expect({ closed, failures }).toEqual({ closed: 0, failures: [] });
});
