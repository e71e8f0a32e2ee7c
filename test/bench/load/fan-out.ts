import { openAll, urlFor } from './connection.js';
import { encodeFrame, TEXT } from './frames.js';
import type { Figures, Job } from './job.js';
import { parameter } from './job.js';
import { Meter } from './meter.js';
import type { WebSocketClient } from './web-socket.js';
import { openWebSocket } from './web-socket.js';

const PATH = '/socket.io/?EIO=4&transport=websocket';
const PONG = text('3');
const CONNECT = text('40');
/** The text behind the payload in a packet of `said`. */
const TAIL = '"}]'.length;
const DIGITS = 10;
const PAYLOAD = 64;
const PATIENCE = 20_000;

/** A room and its message in flight. */
interface Room {
  readonly name: string;
  readonly members: WebSocketClient[];
  sentAt: number;
  sent: number;
  missing: number;
  next: number;
}

/**
 * Joins `rooms` rooms of `size` members each, spread over the nodes. In every room a member sends 64 bytes; the next
 * member sends when all members, the sender included, have received them. A unit is a delivery.
 */
export async function fanOut(job: Job): Promise<Figures> {
  const meter = new Meter(job);
  const size = parameter(job, 'size');

  const say = (room: Room): void => {
    room.sent++;
    room.missing = size;
    room.next = (room.next + 1) % size;
    const payload = String(room.sent).padStart(DIGITS, '0').padEnd(PAYLOAD, 'x');
    room.sentAt = performance.now();
    room.members[room.next]?.send(text(`42["say","${room.name}","${payload}"]`));
  };
  const delivered = (room: Room, chunk: Buffer, end: number): void => {
    const from = end - TAIL - PAYLOAD;
    if (Number(chunk.toString('latin1', from, from + DIGITS)) !== room.sent) {
      meter.fail(new Error(`expected message ${room.sent}, got ${chunk.toString('latin1', from, end)}`));
      return;
    }
    meter.done(performance.now() - room.sentAt);
    if (--room.missing === 0 && !meter.over) say(room);
  };

  const rooms = Array.from({ length: parameter(job, 'rooms') }, (_, index): Room => {
    return { name: `bench-${process.pid}-${index}`, members: [], sentAt: 0, sent: 0, missing: 0, next: 0 };
  });
  const clients = await openAll(rooms.length * size, 25, async (index) => {
    const room = rooms[index % rooms.length];
    if (room === undefined) throw new Error('there is no such room');
    // Members of one room are `rooms` apart in the list. Their place in the room chooses the node, so that each room is
    // on all nodes.
    const url = urlFor(job.urls, Math.floor(index / rooms.length));
    const member = await join(url, room.name, meter, (chunk, end) => delivered(room, chunk, end));
    room.members.push(member);
    return member;
  });
  for (const room of rooms) say(room);
  try {
    return await meter.measure();
  } finally {
    for (const client of clients) client.destroy();
  }
}

/** A Socket.IO client that uses WebSocket only and has joined the room. */
function join(
  url: URL,
  room: string,
  meter: Meter,
  onSaid: (chunk: Buffer, end: number) => void,
): Promise<WebSocketClient> {
  return new Promise((resolve, reject) => {
    const patience = setTimeout(() => reject(new Error(`not in the room after ${PATIENCE} ms`)), PATIENCE);
    let joined = false;
    const opening = openWebSocket(url, {
      path: PATH,
      payloads: true,
      onFrame: (_opcode, chunk, start, end) => {
        const packet = chunk.toString('latin1', start, Math.min(end, start + 9));
        if (packet === '42["said"') onSaid(chunk, end);
        else if (packet === '2') send(PONG);
        else if (packet.startsWith('0{')) send(CONNECT);
        else if (packet.startsWith('40{')) send(text(`420["join",${JSON.stringify(room)}]`));
        else if (packet.startsWith('430[')) {
          const answer = chunk.toString('latin1', start, end);
          clearTimeout(patience);
          if (answer.includes('"ok":true')) finish();
          else reject(new Error(`could not join the room: got ${answer}`));
        }
      },
      onEnd: (error) => {
        clearTimeout(patience);
        if (joined) meter.fail(error);
        else reject(error);
      },
    });
    const send = (frame: Buffer): void => {
      // Packets may arrive together with the 101, before the promise's continuation runs.
      void opening.then((client) => client.send(frame), reject);
    };
    const finish = (): void => {
      joined = true;
      opening.then(resolve, reject);
    };
    opening.catch((error: unknown) => {
      clearTimeout(patience);
      reject(error instanceof Error ? error : new Error(String(error)));
    });
  });
}

function text(packet: string): Buffer {
  return encodeFrame(TEXT, Buffer.from(packet, 'latin1'));
}
