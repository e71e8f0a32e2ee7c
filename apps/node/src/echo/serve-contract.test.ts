import { until } from '@pinwheel/testing/until';
import { describe, expect, it } from 'vitest';
import { ask, client, node } from '../testing/index.js';

const lobby = { ok: true, room: 'lobby' };
const refused = (code: string): unknown => ({
  ok: false,
  error: { code, message: expect.any(String) },
});

describe('a node', () => {
  it('greets every client with its name, port and tag', async () => {
    const { url, port } = await node({ server: 'Server7', tag: 'seven' });
    const socket = await client(url, { autoConnect: true });
    socket.disconnect();
    const greeting = new Promise((resolve) => socket.once('server', resolve));
    socket.connect();
    expect(await greeting).toEqual({ server: 'Server7', port, tag: 'seven' });
    expect(socket.io.engine.id).toMatch(/^seven\./);
  });

  it('answers a message with an event, and with an ack if the client asks for one', async () => {
    const socket = await client((await node()).url);
    const answers: string[] = [];
    socket.on('message', (text) => answers.push(text));
    expect(await ask(socket, 'message', 'hello')).toBe('Server received from client: hello');
    socket.emit('message', 'no ack');
    await until('both messages are answered', () => answers.length === 2);
    expect(answers).toEqual(['Server received from client: hello', 'Server received from client: no ack']);
  });

  it.each([
    ['text'],
    [0],
    [null],
    [[1, { a: [true] }]],
    [Buffer.from([0, 255])],
    [{ deep: Buffer.from('x') }],
    [{ _placeholder: true, num: 5 }],
  ])('echoes %j', async (value) => {
    const socket = await client((await node()).url);
    expect(await ask(socket, 'echo', value)).toEqual(value);
  });

  it('counts a socket that joins twice once, and no longer after it left', async () => {
    const { url } = await node();
    const [one, two] = [await client(url), await client(url)];
    expect(await ask(one, 'join', 'lobby')).toEqual({ ...lobby, members: 1 });
    expect(await ask(one, 'join', 'lobby')).toEqual({ ...lobby, members: 1 });
    expect(await ask(two, 'join', 'lobby')).toEqual({ ...lobby, members: 2 });
    expect(await ask(one, 'leave', 'lobby')).toEqual({ ...lobby, members: 1 });
    expect(await ask(one, 'leave', 'lobby')).toEqual({ ...lobby, members: 1 });
    two.disconnect();
    await until(
      'the other client has left',
      async () => ((await ask(one, 'join', 'lobby')) as { members: number }).members === 1,
    );
  });

  it('sends a room message to everyone in the room, sender included, and to no other client', async () => {
    const { url } = await node();
    const sockets = [await client(url), await client(url), await client(url)] as const;
    const heard: unknown[][] = sockets.map(() => []);
    sockets.forEach((socket, i) => socket.on('said', (said) => heard[i]?.push(said)));
    await ask(sockets[0], 'join', 'lobby');
    await ask(sockets[1], 'join', 'lobby');
    await ask(sockets[2], 'join', 'elsewhere');
    expect(await ask(sockets[0], 'say', 'lobby', { text: 'hi', data: Buffer.from('x') })).toEqual({ ok: true });
    await until('both clients have it', () => heard[0]?.length === 1 && heard[1]?.length === 1);
    const said = {
      room: 'lobby',
      from: sockets[0].id,
      number: 1,
      server: 'Server1',
      payload: { text: 'hi', data: Buffer.from('x') },
    };
    await ask(sockets[2], 'echo', 'all before this has arrived');
    expect(heard).toEqual([[said], [said], []]);
  });

  it('names the members of a room with their transports', async () => {
    const { url } = await node();
    const [one, two] = [await client(url), await client(url, { transports: ['polling'] })];
    await ask(one, 'join', 'lobby');
    await ask(two, 'join', 'lobby');
    expect(await ask(one, 'who', 'lobby')).toEqual({
      ok: true,
      members: [
        { id: one.id, server: 'Server1', transport: 'websocket' },
        { id: two.id, server: 'Server1', transport: 'polling' },
      ],
    });
    expect(await ask(one, 'who', 'empty')).toEqual({ ok: true, members: [] });
  });

  it.each([
    ['join', [''], 'bad_argument'],
    ['join', ['x'.repeat(129)], 'bad_argument'],
    ['join', [], 'bad_argument'],
    ['join', [{ room: 'lobby' }], 'bad_argument'],
    ['leave', [7], 'bad_argument'],
    ['who', [null], 'bad_argument'],
    ['say', ['lobby', 'not joined'], 'not_in_room'],
    ['say', [['lobby'], 'x'], 'bad_argument'],
    ['say', ['lobby'], 'bad_argument'],
    ['message', [Buffer.from('x')], 'bad_argument'],
  ])('refuses %s of %j: %s', async (event, args, code) => {
    const socket = await client((await node()).url);
    expect(await ask(socket, event, ...args)).toEqual(refused(code));
    // Without an ack the refusal is dropped.
    (socket as unknown as { emit(event: string, ...args: unknown[]): void }).emit(event, ...args);
    expect(await ask(socket, 'echo', 'still here')).toBe('still here');
  });

  it("does not let a client into another's own room", async () => {
    const { url, io } = await node();
    const [spy, other] = [await client(url), await client(url)];
    await ask(spy, 'join', other.id);
    const heard: unknown[] = [];
    spy.onAny((event) => heard.push(event));
    io.to(String(other.id)).emit('message', 'for one');
    await ask(spy, 'echo', 'all before this has arrived');
    expect(heard).toEqual([]);
  });

  it('lets a client into 1,000 rooms and no more', async () => {
    const socket = await client((await node()).url);
    const joined = await Promise.all(Array.from({ length: 1_000 }, (_one, i) => ask(socket, 'join', `room ${i}`)));
    expect(joined).toContainEqual({ ok: true, room: 'room 999', members: 1 });
    expect(await ask(socket, 'join', 'one more')).toEqual(refused('too_many'));
    expect(await ask(socket, 'join', 'room 5')).toEqual({ ok: true, room: 'room 5', members: 1 });
    await ask(socket, 'leave', 'room 6');
    expect(await ask(socket, 'join', 'one more')).toEqual({ ok: true, room: 'one more', members: 1 });
  });

  it('refuses the events of a flood without an effect on other clients', async () => {
    const { url } = await node();
    const [flooder, other] = [await client(url), await client(url)];
    const answers = await Promise.all(Array.from({ length: 12_000 }, (_one, i) => ask(flooder, 'echo', i)));
    const through = answers.filter((answer) => typeof answer === 'number').length;
    expect(through).toBeGreaterThanOrEqual(4_000);
    expect(through).toBeLessThan(12_000);
    expect(answers).toContainEqual(refused('too_many'));
    expect(await ask(other, 'echo', 'calm')).toBe('calm');
    await until('the flooder may go on', async () => (await ask(flooder, 'echo', 'calm')) === 'calm');
  });

  it('disconnects a client that does not stop', async () => {
    const { url } = await node();
    const [flooder, other] = [await client(url, { reconnection: false }), await client(url)];
    const gone = new Promise((resolve) => flooder.once('disconnect', resolve));
    for (let i = 0; i < 60_000; i += 1) flooder.emit('message', 'x');
    expect(await gone).toBe('io server disconnect');
    expect(await ask(other, 'echo', 'calm')).toBe('calm');
  });
});
