import { describe, expect, it } from 'vitest';
import { type LinkEvent, initialLink, nextLink } from './link-state.js';
import { headline, stateText, stops } from './link-text.js';

const server1 = { server: 'Server1', port: 3100, tag: 's1' };
const server2 = { server: 'Server2', port: 3101, tag: 's2' };

const connect: LinkEvent[] = [
  { type: 'opened', at: 1_010, transport: 'polling' },
  { type: 'greeted', at: 1_012, greeting: server2 },
];
const upgrade: LinkEvent = { type: 'upgraded', at: 1_038, transport: 'websocket' };
const lost: LinkEvent = { type: 'lost', at: 5_000 };

function greeted(at: number): LinkEvent {
  return { type: 'greeted', at, greeting: server1 };
}

function after(...events: LinkEvent[]) {
  return events.reduce(nextLink, initialLink(1_000));
}

describe('the first connection', () => {
  it('is connecting.... until the greeting', () => {
    expect(stateText(after())).toBe('connecting....');
    expect(headline(after()).name).toBe('connecting....');
    expect(stateText(after(connect[0] as LinkEvent))).toBe('connecting....');
  });

  it('is connected with the greeting, to the server that it names', () => {
    expect(after(...connect)).toMatchObject({
      phase: 'connected',
      server: 'Server2',
      port: 3101,
      transport: 'polling',
    });
    expect(stateText(after(...connect))).toBe('connected');
    expect(headline(after(...connect))).toEqual({ lead: 'You are on', name: 'Server2' });
  });

  it('counts the upgrade from the start of the attempt', () => {
    expect(after(...connect, upgrade)).toMatchObject({ transport: 'websocket', openedMs: 10, upgradedMs: 38 });
  });

  it('counts from the start of each attempt', () => {
    const state = after({ type: 'attempt', at: 3_000 }, { type: 'opened', at: 3_007, transport: 'polling' });
    expect(state.openedMs).toBe(7);
  });
});

describe('the way to the connection', () => {
  it('names the stops that are not reached yet', () => {
    expect(stops(after(), true)).toEqual({
      first: { label: 'polling', moment: undefined },
      upgrade: { label: 'websocket', moment: undefined },
    });
  });

  it('has both times after the upgrade', () => {
    expect(stops(after(...connect, upgrade), true)).toEqual({
      first: { label: 'polling', moment: '10 ms' },
      upgrade: { label: 'websocket', moment: '38 ms' },
    });
  });

  it('has no second stop when no upgrade is expected', () => {
    expect(stops(after(...connect), false).upgrade).toBeUndefined();
    const direct = after({ type: 'opened', at: 1_004, transport: 'websocket' });
    expect(stops(direct, true)).toEqual({ first: { label: 'websocket', moment: '4.0 ms' }, upgrade: undefined });
  });

  it('shows a failed upgrade', () => {
    expect(stops(after(...connect, { type: 'upgrade failed' }), true).upgrade?.label).toBe(
      'no upgrade: stays on polling',
    );
  });
});

describe('a lost connection', () => {
  it('names the server that was lost and has no transport', () => {
    const state = after(...connect, upgrade, lost);
    expect(stateText(state)).toBe('lost Server2, reconnecting');
    expect(headline(state)).toEqual({ lead: 'You were on', name: 'Server2' });
    expect(state.transport).toBeUndefined();
  });

  it('is back after the time without a server, over all attempts, and then connected', () => {
    const back = after(
      ...connect,
      lost,
      { type: 'attempt', at: 5_200 },
      { type: 'attempt', at: 5_600 },
      { type: 'opened', at: 5_630, transport: 'polling' },
      { type: 'greeted', at: 5_640, greeting: server1 },
    );
    expect(stateText(back)).toBe('back on Server1 after 640 ms');
    expect(back).toMatchObject({ phase: 'connected', openedMs: 30 });
    expect(back.upgradedMs).toBeUndefined();
    expect(stateText(nextLink(back, { type: 'settled' }))).toBe('connected');
  });

  it('ends with the greeting, and another greeting is not a return', () => {
    const state = after(...connect, lost, greeted(5_500), { type: 'settled' }, greeted(20_000));
    expect(stateText(state)).toBe('connected');
  });

  it('counts a second loss from its own start', () => {
    const state = after(...connect, lost, greeted(5_500), { type: 'lost', at: 9_000 }, greeted(9_100));
    expect(state.awayMs).toBe(100);
  });
});

describe('a refused connection', () => {
  it('shows the reason until a server accepts the page', () => {
    const refused = after({ type: 'refused', reason: 'full' });
    expect(stateText(refused)).toBe('refused: full');
    const taken = [{ type: 'attempt', at: 2_000 } as const, ...connect].reduce<typeof refused>(nextLink, refused);
    expect(stateText(taken)).toBe('connected');
    expect(taken.reason).toBeUndefined();
  });
});
