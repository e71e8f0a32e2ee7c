import { exchange } from '@pinwheel/testing/raw-http';
import { until } from '@pinwheel/testing/until';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { afterwards, ask, client, node } from '../testing/index.js';

/** Sends frames after the handshakes of Engine.IO and Socket.IO over WebSocket, and waits for the close or a pong. */
function frames(url: string, sent: readonly (string | Buffer)[], connect = true): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    afterwards(() => socket.terminate());
    const received: string[] = [];
    socket.on('error', reject);
    socket.on('message', (data: Buffer) => {
      received.push(data.toString());
      if (received.length !== (connect ? 2 : 1)) return;
      for (const frame of sent) socket.send(frame);
      socket.ping();
    });
    socket.on('open', () => {
      if (connect) socket.send('40');
    });
    socket.on('pong', () => resolve(received));
    socket.on('close', () => resolve(received));
  });
}

const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

describe('a node survives a client that sends', () => {
  it.each<[string, readonly (string | Buffer)[]]>([
    ['no packet type', ['']],
    ['unknown packet types', ['9', '49', 'x', '4x']],
    ['a ping in the wrong direction', ['2']],
    ['broken JSON', ['42["message"']],
    ['an event that is no list', ['42{"a":1}']],
    ['an event without a name', ['42[]', '42[null]', '42[{"toString":1}]']],
    [
      'reserved events',
      ['42["connect"]', '42["disconnect"]', '42["error"]', '42["newListener"]', '42["disconnecting"]'],
    ],
    ['names of methods', ['42["emit","x"]', '42["__proto__"]', '42["constructor"]', '42["removeAllListeners"]']],
    ['an unknown namespace', ['40/nowhere,', '42/nowhere,["message","x"]']],
    ['a second connect', ['40', '40']],
    ['acks without a request', ['430["x"]', '4399999999999999999999[]']],
    ['ack ids out of range', ['4299999999999999999999["echo",1]', '42-1["echo",1]']],
    [
      'too few attachments',
      ['452-["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', Buffer.from('x'), '42["echo",1]'],
    ],
    ['a placeholder out of range', ['451-["echo",{"_placeholder":true,"num":7}]', Buffer.from('x')]],
    ['an unannounced attachment', [Buffer.from('x')]],
    ['a billion attachments', ['451000000000-["echo",1]']],
    [
      'arguments of every wrong kind',
      ['42["join",{"__proto__":null}]', '42["say",null,null]', '42["who",[],7]', '42["leave"]', '42["echo"]'],
    ],
    [
      'deep nesting',
      [
        `427["echo",${deep(100_000)}]`,
        `428["message",${deep(100_000)}]`,
        `42["join","a"]`,
        `429["say","a",${deep(100_000)}]`,
      ],
    ],
    ['a close', ['1', '42["echo",1]']],
  ])('%s', async (_name, sent) => {
    const { url } = await node();
    const other = await client(url);
    await frames(url, sent);
    await frames(url, sent, false);
    expect(await ask(other, 'echo', 'fine')).toBe('fine');
  });

  it('a packet over the size limit', async () => {
    const { url, io } = await node();
    const other = await client(url);
    await frames(url, [`42["echo","${'x'.repeat(1_100_000)}"]`]);
    await until('the client is disconnected', () => io.engine.clientsCount === 1);
    expect(await ask(other, 'echo', 'fine')).toBe('fine');
  });

  it('broken HTTP', async () => {
    const { url, port } = await node();
    const other = await client(url);
    const broken = [
      '\r\n\r\n\r\n',
      'nonsense\r\n\r\n',
      'GET / HTTP/1.1\r\n\r\n',
      'GET // HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
      'GET /socket.io/?transport=polling&EIO=4&sid=__proto__ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
      'GET /socket.io/?transport=__proto__&EIO=4 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
      'GET /socket.io/?%&%%=%f&transport=polling&EIO=%FF HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
      'PUT /socket.io/?transport=polling&EIO=4 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
      'POST /socket.io/?transport=polling&EIO=4&sid=x HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n',
      'GET /socket.io/ HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      'GET /socket.io/?EIO=4&transport=websocket&sid=x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
      'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n',
      'GET /socket.io/socket.io.min.js/../../../package.json HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    ];
    for (const request of broken) {
      expect((await exchange(port, request, 500)) ?? '').not.toMatch(/^HTTP\/1.1 (200|101|5)/);
    }
    expect(await ask(other, 'echo', 'fine')).toBe('fine');
  });

  it('without reading', { timeout: 20_000 }, async () => {
    const lines: string[] = [];
    const { url } = await node({}, lines);
    const other = await client(url);
    const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    afterwards(() => socket.terminate());
    await new Promise((resolve) => socket.once('message', resolve));
    socket.send('40');
    socket.pause();
    const event = `421["echo","${'x'.repeat(200_000)}"]`;
    for (let i = 0; i < 400; i += 1) socket.send(event);
    await until('the client is disconnected', () => lines.some((line) => line.includes('does not read')));
    expect(await ask(other, 'echo', 'fine')).toBe('fine');
  });
});
