import { expect, it } from 'vitest';
import { Decoder, Encoder, type Packet, PacketType } from 'socket.io-parser';
import { carriedText, echoPacket, sayPacket } from './shortcut.js';

function encoded(packet: Packet): string {
  return String(new Encoder().encode(packet)[0]);
}

function decoded(text: string): Packet {
  let packet: Packet | undefined;
  const decoder = new Decoder();
  decoder.on('decoded', (one) => (packet = one));
  decoder.add(text);
  if (packet === undefined) throw new Error('expected a whole packet');
  return packet;
}

const said = (payload: unknown, more = {}): string =>
  encoded({
    type: PacketType.EVENT,
    nsp: '/',
    data: ['said', { room: 'r', from: 'a', server: 'Server1', number: 7, payload, ...more }],
  });

it('the shortcut reads the payload of a room message as the parser does', () => {
  expect(carriedText(said('1:2:3:xxx'))).toBe('1:2:3:xxx');
  expect(carriedText(said('ünïcode €'))).toBe('ünïcode €');
});

it('an echo has an ack id that the library does not use', () => {
  const { data, id, type } = decoded(echoPacket('text'));
  expect([type, data]).toEqual([PacketType.EVENT, ['echo', 'text']]);
  const answer = (to: number | undefined): string =>
    encoded({ type: PacketType.ACK, nsp: '/', id: to ?? -1, data: ['text'] });
  expect(carriedText(answer(id))).toBe('text');
  expect(carriedText(answer(0))).toBeUndefined();
});

it('the parser reads the packet of a room message', () => {
  expect(decoded(sayPacket('a "room"', 'text')).data).toEqual(['say', 'a "room"', 'text']);
});

it.each([
  ['a text with a quote', said('a"b')],
  ['a text with a backslash', said('a\\b')],
  ['no text', said(7)],
  ['fields after the text', said('a', { later: 1 })],
  ['another event', encoded({ type: PacketType.EVENT, nsp: '/', data: ['server', { payload: 'a' }] })],
  ['another namespace', `2/other,${said('a').slice(1)}`],
  ['half a packet', said('a').slice(0, -2)],
])('%s is left to the parser', (_, packet) => {
  expect(carriedText(packet)).toBeUndefined();
});
