import type { Done, MembersAnswer, Refusal, RoomAnswer, RoomMember } from '@pinwheel/protocol';
import type { Link } from './link.js';

/** Milliseconds after which a request without an answer counts as failed. */
const TIMEOUT_MS = 5_000;

/** Milliseconds between two requests for the members; the list of a big room is long, so it is requested less often. */
const WHO_EVERY_MS = 3_000;
const WHO_EVERY_BIG_MS = 15_000;
const BIG_ROOM = 200;

/** Milliseconds until a join is retried that got no answer or found the room unavailable. */
const REJOIN_MS = 3_000;

/** The reports of the room to its view. */
export interface RoomView {
  joining(room: string): void;
  joined(room: string, members: number): void;
  left(): void;
  /** The server refuses the page, and a retry would not help. */
  refused(room: string): void;
  members(members: readonly RoomMember[]): void;
  /** A request failed, with the reason for the user; '' when the same request succeeds again. */
  problem(text: string): void;
}

/** The room of the page. A new connection is in no room, so it joins again by itself. */
export class Room {
  readonly #link: Link;
  readonly #view: RoomView;
  #name: string | undefined;
  #timer: number | undefined;
  /** The kind of request whose failure is shown. */
  #failing: string | undefined;

  constructor(link: Link, view: RoomView) {
    this.#link = link;
    this.#view = view;
    let connected = false;
    link.watch((state) => {
      const now = state.phase === 'connected';
      if (now && !connected && this.#name !== undefined) void this.#join(this.#name);
      if (!now) window.clearTimeout(this.#timer);
      connected = now;
    });
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.refresh();
    });
  }

  /** The room that the page is in or is joining. */
  get name(): string | undefined {
    return this.#name;
  }

  /** Leaves the room, if any, and joins another, as soon as there is a connection. */
  enter(room: string): void {
    if (this.#name !== undefined && this.#name !== room) this.#tellLeave(this.#name);
    this.#name = room;
    this.#view.joining(room);
    if (this.#link.socket.connected) void this.#join(room);
  }

  leave(): void {
    if (this.#name !== undefined) this.#tellLeave(this.#name);
    this.#name = undefined;
    window.clearTimeout(this.#timer);
    this.#view.left();
  }

  /**
   * Sends a text to everyone in the room.
   *
   * @returns `refused` when the server did not send it on, with the reason shown; `unknown` when the connection was lost before the ack
   */
  async say(text: string): Promise<'said' | 'refused' | 'unknown'> {
    if (this.#name === undefined) return 'refused';
    const room = this.#name;
    const session = this.#link.socket.id;
    const answer = await this.#ask<Done>('say', (ack) => this.#socket.emit('say', room, text, ack));
    if (answer !== undefined) return answer.ok ? 'said' : 'refused';
    return this.#link.socket.id === session ? 'refused' : 'unknown';
  }

  /** Requests the members now instead of at the next interval. */
  refresh(): void {
    window.clearTimeout(this.#timer);
    if (this.#name !== undefined && this.#link.socket.connected && !document.hidden) void this.#who(this.#name);
  }

  async #join(room: string): Promise<void> {
    const session = this.#link.socket.id;
    const answer = await this.#ask<RoomAnswer>('join', (ack) => this.#socket.emit('join', room, ack));
    // The user or the connection changed rooms while the answer was in flight.
    if (this.#name !== room || this.#link.socket.id !== session) return;
    window.clearTimeout(this.#timer);
    if (answer?.ok === true) {
      this.#view.joined(room, answer.members);
      this.refresh();
    } else if (answer === undefined || answer.error.code === 'unavailable') {
      this.#timer = window.setTimeout(() => void this.#join(room), REJOIN_MS);
    } else {
      this.#name = undefined;
      this.#view.refused(room);
    }
  }

  async #who(room: string): Promise<void> {
    const session = this.#link.socket.id;
    const answer = await this.#ask<MembersAnswer>('who', (ack) => this.#socket.emit('who', room, ack));
    if (this.#name !== room || this.#link.socket.id !== session) return;
    const members = answer?.ok === true ? answer.members : [];
    if (answer?.ok === true) this.#view.members(members);
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.refresh(), members.length > BIG_ROOM ? WHO_EVERY_BIG_MS : WHO_EVERY_MS);
  }

  get #socket() {
    return this.#link.socket.timeout(TIMEOUT_MS);
  }

  #tellLeave(room: string): void {
    // A lost connection has left all rooms.
    if (this.#link.socket.connected) this.#link.socket.emit('leave', room);
  }

  /** The answer to a request, undefined when none arrives in time. Failures are shown. */
  #ask<A extends { ok: true }>(
    what: string,
    send: (ack: (error: Error | null, answer: A | Refusal) => void) => void,
  ): Promise<A | Refusal | undefined> {
    const session = this.#link.socket.id;
    return new Promise((resolve) => {
      send((error, answer) => {
        resolve(error === null ? answer : undefined);
        // The head of the page shows a lost connection, and joining again repairs it.
        if (this.#link.socket.id !== session) return;
        if (error === null && answer.ok) {
          if (this.#failing !== what) return;
          this.#failing = undefined;
          this.#view.problem('');
          return;
        }
        this.#failing = what;
        this.#view.problem(failureText(what, error === null ? answer : undefined));
      });
    });
  }
}

function failureText(what: string, answer: { ok: true } | Refusal | undefined): string {
  if (answer === undefined || answer.ok) return `No answer to "${what}" within ${TIMEOUT_MS / 1_000} s.`;
  return `The server refused "${what}": ${answer.error.message}`;
}
