import type { Socket } from 'node:net';
import { openConnection } from './connection.js';

const END_OF_HEAD = '\r\n\r\n';
const PATIENCE = 20_000;

/** Sends one request after another over one connection, and reconnects when the server closes it. */
export class HttpConnection {
  readonly #url: URL;
  readonly #host: string;
  #socket: Socket | undefined;
  #received = '';
  #settle: { resolve(body: string): void; reject(error: Error): void } | undefined;

  constructor(url: URL) {
    this.#url = url;
    this.#host = `Host: ${url.host}\r\n`;
  }

  /**
   * @param line method and target
   * @param body of a POST
   * @returns the body of a 200
   */
  request(line: string, body?: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      const fields =
        body === undefined
          ? ''
          : `Content-Type: text/plain;charset=UTF-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
      const text = `${line} HTTP/1.1\r\n${this.#host}Accept: */*\r\n${fields}\r\n${body ?? ''}`;
      if (this.#socket === undefined) this.#open(text);
      else this.#socket.write(text);
    });
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#settle = undefined;
    socket?.destroy();
  }

  #open(text: string): void {
    const socket = openConnection(
      this.#url,
      () => socket.write(text),
      (chunk, start, end) => {
        this.#received += chunk.toString('latin1', start, end);
        this.#look();
      },
    );
    this.#socket = socket;
    this.#received = '';
    socket.setTimeout(PATIENCE, () => socket.destroy(new Error('no answer after 20 s')));
    const over = (error?: Error): void => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      this.#settle?.reject(
        error ?? new Error(`the connection closed before the answer was complete: ${this.#received}`),
      );
      this.#settle = undefined;
    };
    socket.once('error', over);
    socket.once('close', () => over());
  }

  #look(): void {
    const text = this.#received;
    const over = text.indexOf(END_OF_HEAD);
    if (over < 0) return;
    const head = text.slice(0, over);
    const from = over + END_OF_HEAD.length;
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    let body: string;
    if (length !== undefined) {
      if (text.length - from < Number(length)) return;
      body = text.slice(from, from + Number(length));
    } else {
      if (!text.endsWith('0\r\n\r\n')) return;
      body = joinChunks(text.slice(from));
    }
    this.#received = '';
    const settle = this.#settle;
    this.#settle = undefined;
    if (/\r\nconnection: *close/i.test(head)) this.close();
    if (head.startsWith('HTTP/1.1 200')) settle?.resolve(body);
    else settle?.reject(new Error(`expected 200, got ${head.slice(0, head.indexOf('\r\n'))} ${body}`));
  }
}

function joinChunks(text: string): string {
  let body = '';
  let at = 0;
  for (;;) {
    const end = text.indexOf('\r\n', at);
    const size = Number.parseInt(text.slice(at, end), 16);
    if (!(size > 0)) return body;
    body += text.slice(end + 2, end + 2 + size);
    at = end + 2 + size + 2;
  }
}
