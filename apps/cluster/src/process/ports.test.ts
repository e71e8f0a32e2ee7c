import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { checkPort, nodePorts } from './ports.js';

let taken: Server | undefined;

afterEach(() => {
  taken?.close();
  taken = undefined;
});

test.each([
  [{ nodes: 2, nodePort: 3100, port: 3102 }, [3100, 3101]],
  [{ nodes: 4, nodePort: 3100, port: 3102 }, [3100, 3101, 3103, 3104]],
  [{ nodes: 2, nodePort: 3102, port: 3102 }, [3103, 3104]],
  [{ nodes: 3, nodePort: 0, port: 0 }, [0, 0, 0]],
  [{ nodes: 2, nodePort: 3100, port: 0 }, [3100, 3101]],
])('with %j the nodes get the ports %j', (options, ports) => {
  expect(nodePorts(options)).toEqual(ports);
});

test('a port in use is reported with the flag that moves the listener', async () => {
  const server = createServer();
  taken = server;
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
  await expect(checkPort({ host: '127.0.0.1', port }, '--node-port')).rejects.toThrow(
    `127.0.0.1:${port} is already in use: stop what listens there or choose another with --node-port`,
  );
});

test('an address of another machine is reported with --host', async () => {
  await expect(checkPort({ host: '192.0.2.1', port: 3102 }, '--port')).rejects.toThrow(
    '192.0.2.1:3102 is not an address of this machine: choose another with --host',
  );
});

test('a check leaves a free port free', async () => {
  const server = createServer();
  taken = server;
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
  await new Promise((resolve) => {
    server.close(resolve);
  });
  await checkPort({ host: '127.0.0.1', port }, '--port');
  await expect(checkPort({ host: '127.0.0.1', port }, '--port')).resolves.toBeUndefined();
});
