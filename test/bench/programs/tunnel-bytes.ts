/**
 * Tests the buffers of the balancer's tunnels: random bytes both ways at the same time, in writes of very different
 * sizes, to readers that pause now and then, begun before the peer has answered. The received bytes must have the
 * checksum of the sent ones.
 *
 * node test/dist/bench/programs/tunnel-bytes.js [GIGABYTES EACH WAY, default 2] [--tls]. Exit code 0: all bytes arrived
 * unchanged.
 */
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { pinwheelTls, pinwheelTunnel } from '../contenders/pinwheel.js';
import { endAll } from '../process/launch.js';
import { readMemory } from '../process/proc.js';

const GIGABYTE = 1e9;
/** Milliseconds until the peer answers, during which the client sends. */
const LATE = 1_000;
const UPGRADE =
  'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';
const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';

const pool = randomBytes(4_000_000);

/** Writes this many bytes as fast as the socket takes them. @returns their checksum */
async function pour(to: Socket, total: number): Promise<string> {
  const hash = createHash('sha1');
  for (let left = total; left > 0;) {
    const most = [200, 4_300, 17_000, 70_000, 1_000_000][randomInt(0, 5)] ?? 1;
    const size = Math.min(left, randomInt(1, most));
    const at = randomInt(0, pool.length - size);
    const piece = pool.subarray(at, at + size);
    hash.update(piece);
    left -= size;
    if (!to.write(piece)) await once(to, 'drain');
  }
  return hash.digest('hex');
}

/** Reads this many bytes behind a head, and pauses now and then. @returns their checksum */
function drink(from: Socket, total: number): Promise<string> {
  const hash = createHash('sha1');
  let head = '';
  let left = total;
  return new Promise((resolve, reject) => {
    const take = (bytes: Buffer): void => {
      hash.update(bytes);
      left -= bytes.length;
      if (left < 0) reject(new Error(`expected ${total} bytes, got ${-left} more`));
      else if (left === 0) resolve(hash.digest('hex'));
      else if (randomInt(0, 200) === 0) {
        from.pause();
        setTimeout(() => from.resume(), randomInt(1, 20));
      }
    };
    const onBytes = (bytes: Buffer): void => {
      head += bytes.toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      from.off('data', onBytes).on('data', take);
      const rest = Buffer.from(head.slice(end + 4), 'latin1');
      if (rest.length > 0) take(rest);
    };
    from.on('data', onBytes);
    from.on('close', () => reject(new Error(`the connection ended ${left} bytes early`)));
  });
}

async function prove(bytes: number, tls: boolean): Promise<boolean> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const running = await (tls ? pinwheelTls : pinwheelTunnel).start([{ port, pid: process.pid }]);
  const url = new URL(running.urls[0] ?? '');
  const where = { host: url.hostname, port: Number(url.port) };
  const atRest = readMemory(running.proxy);
  let most = atRest;
  const watch = setInterval(() => {
    most = Math.max(most, readMemory(running.proxy));
  }, 50);
  const began = performance.now();

  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = tls ? connectTls({ ...where, rejectUnauthorized: false }) : connect(where);
  await once(client, tls ? 'secureConnect' : 'connect');
  client.write(UPGRADE);
  const up = Promise.all([pour(client, bytes), accepted.then(([peer]) => drink(peer, bytes))]);
  const [peer] = await accepted;
  await new Promise((resolve) => {
    setTimeout(resolve, LATE);
  });
  peer.write(SWITCHING);
  const down = Promise.all([pour(peer, bytes), drink(client, bytes)]);
  const sums = await Promise.all([up, down]);
  clearInterval(watch);
  const seconds = (performance.now() - began - LATE) / 1_000;
  client.destroy();
  peer.destroy();
  server.close();
  await running.stop();

  const same = sums.every(([sent, came]) => sent === came);
  const mebibytes = (size: number): string => `${(size / 2 ** 20).toFixed(0)} MiB`;
  console.log(
    `${tls ? 'TLS' : 'plain'}: ${(bytes / GIGABYTE).toFixed(1)} GB each way in ${seconds.toFixed(1)} s, ` +
      `${same ? 'all as it was sent' : `NOT as it was sent: ${JSON.stringify(sums)}`}; ` +
      `resident memory of the balancer ${mebibytes(atRest)}, at most ${mebibytes(most)}`,
  );
  return same;
}

const numbers = process.argv.slice(2).filter((one) => one !== '--tls');
const gigabytes = Number(numbers[0] ?? 2);
if (!(gigabytes > 0)) throw new RangeError(`expected a number of gigabytes, got ${String(numbers[0])}`);
const same = await prove(Math.round(gigabytes * GIGABYTE), process.argv.includes('--tls'));
await endAll();
process.exit(same ? 0 : 1);
