import type { Socket } from 'node:net';
import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import type { ProxyProtocolFacts } from '../facts.js';

/**
 * The PROXY protocol: a header before the first byte of a connection in which a proxy says who the client is. Version 1
 * is a line of text, version 2 binary (https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt).
 */

/** Result of reading the beginning of a connection; `length` is that of the header in bytes. */
export type ProxyHeader =
  | { readonly kind: 'header'; readonly length: number; readonly facts: ProxyProtocolFacts | undefined }
  | { readonly kind: 'incomplete' }
  /** `why` is in nginx's words. */
  | { readonly kind: 'broken'; readonly why: string };

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const INCOMPLETE: ProxyHeader = { kind: 'incomplete' };
/** Longest line of version 1, its CRLF included. */
const LINE_LIMIT = 107;
/** Longest header of version 2 in bytes: the addresses, and room for the TLVs that a proxy may add. */
const BINARY_LIMIT = 4_096;
const FIXED = 16;
const TCP4 = 0x11;
const TCP6 = 0x21;

/**
 * Reads the header at the beginning of `bytes`. Connections that the proxy opened on its own behalf (`LOCAL`, `UNKNOWN`),
 * and those of address families other than IPv4 and IPv6, have no facts.
 */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  const shared = Math.min(bytes.length, SIGNATURE.length);
  if (bytes.subarray(0, shared).equals(SIGNATURE.subarray(0, shared))) {
    return bytes.length < FIXED ? INCOMPLETE : readBinary(bytes);
  }
  return readLine(bytes.toString('latin1', 0, LINE_LIMIT + 1));
}

function readBinary(bytes: Buffer): ProxyHeader {
  const version = bytes.readUInt8(12) >> 4;
  if (version !== 2) return { kind: 'broken', why: `unknown PROXY protocol version: ${version}` };
  const length = FIXED + bytes.readUInt16BE(14);
  if (length > BINARY_LIMIT) return { kind: 'broken', why: 'header is too large' };
  if (bytes.length < length) return INCOMPLETE;
  const isProxied = (bytes.readUInt8(12) & 15) === 1;
  const family = bytes.readUInt8(13);
  const width = family === TCP4 ? 4 : family === TCP6 ? 16 : 0;
  if (!isProxied || width === 0) return { kind: 'header', length, facts: undefined };
  const ports = FIXED + 2 * width;
  if (length < ports + 4) return { kind: 'broken', why: 'header is too short' };
  const facts = {
    addr: addressText(bytes, FIXED, width),
    port: bytes.readUInt16BE(ports),
    serverAddr: addressText(bytes, FIXED + width, width),
    serverPort: bytes.readUInt16BE(ports + 2),
  };
  return { kind: 'header', length, facts };
}

function addressText(bytes: Buffer, at: number, width: number): string {
  if (width === 4) return bytes.subarray(at, at + 4).join('.');
  const groups: string[] = [];
  for (let i = at; i < at + width; i += 2) groups.push(bytes.readUInt16BE(i).toString(16));
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address;
}

const PREFIX = 'PROXY ';
const LINE = /^PROXY (?:UNKNOWN[^\r\n]*|TCP([46]) ([0-9A-Fa-f.:]+) ([0-9A-Fa-f.:]+) (\d{1,5}) (\d{1,5}))\r\n/;

function readLine(text: string): ProxyHeader {
  const parts = LINE.exec(text);
  if (parts === null) {
    const prefix = text.slice(0, PREFIX.length);
    const mayCome = PREFIX.startsWith(prefix) && !/\r[^]|\n/.test(text) && text.length <= LINE_LIMIT;
    // As in nginx, the message shows the text up to the line end.
    return mayCome ? INCOMPLETE : { kind: 'broken', why: `broken header: "${text.split(/[\r\n]/, 1)[0] ?? ''}"` };
  }
  const [line, family, addr = '', serverAddr = '', port, serverPort] = parts;
  if (family === undefined) return { kind: 'header', length: line.length, facts: undefined };
  const facts = { addr, serverAddr, port: Number(port), serverPort: Number(serverPort) };
  const fits = family === '4' ? isIPv4 : isIPv6;
  if (!fits(addr) || !fits(serverAddr) || facts.port > 65_535 || facts.serverPort > 65_535) {
    return { kind: 'broken', why: `broken header: "${line.slice(0, -2)}"` };
  }
  return { kind: 'header', length: line.length, facts };
}

/** Handles the result of `takeProxyHeader`; one of the two is called once. */
export interface ProxyHeaderUser {
  /** The header has come. @param rest the bytes that followed it; may be empty */
  onHeader(facts: ProxyProtocolFacts | undefined, rest: Buffer): void;
  /** The connection has been closed. @param why in nginx's words; undefined when the client closed it or was too slow */
  onBroken(why: string | undefined): void;
}

/**
 * Reads the header of a connection that was accepted with `pauseOnConnect`. Afterwards the socket is not read, and the
 * bytes that followed the header have been taken out of it.
 *
 * @param withinMs milliseconds for the whole header
 */
export function takeProxyHeader(socket: Socket, withinMs: number, user: ProxyHeaderUser): void {
  let received: Buffer = Buffer.alloc(0);
  const stopReading = (): void => {
    clearTimeout(timer);
    socket.off('readable', onReadable).off('end', onClosed).off('error', onClosed).off('close', onClosed);
  };
  const fail = (why: string | undefined): void => {
    stopReading();
    // The socket may still emit the error of a reset.
    socket.on('error', () => undefined);
    socket.destroy();
    user.onBroken(why);
  };
  const onClosed = (): void => fail(undefined);
  const onReadable = (): void => {
    for (;;) {
      const piece: unknown = socket.read();
      if (!Buffer.isBuffer(piece)) break;
      received = received.length === 0 ? piece : Buffer.concat([received, piece]);
    }
    const header = readProxyHeader(received);
    if (header.kind === 'broken') {
      fail(header.why);
    } else if (header.kind === 'header') {
      stopReading();
      user.onHeader(header.facts, received.subarray(header.length));
    }
  };
  const timer = setTimeout(onClosed, withinMs);
  socket.on('readable', onReadable).once('end', onClosed).once('error', onClosed).once('close', onClosed);
}
