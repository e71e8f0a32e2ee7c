import type { NodeStatus } from '@pinwheel/protocol';
import type { PeerStatus } from '@pinwheel/proxy';
import { expect, test } from 'vitest';
import { peerStanding } from './standing.js';

const PEER = { state: 'up', reachable: true, maxConns: 0, active: 3, maxFails: 1, failTimeout: 10 } as PeerStatus;
const SILENT = { path: '/healthz', misses: 2, result: 'silent', ago: 3 } as const;
const NODE = { state: 'up' } as NodeStatus;

test.each([
  ['serving', PEER, undefined, 'up', 'good'],
  ['on a hung node', PEER, { ...NODE, state: 'hung' }, 'hung', 'still'],
  ['failed and whose node is down', { ...PEER, state: 'failed' }, { ...NODE, state: 'down' }, 'down', 'bad'],
  ['failed', { ...PEER, state: 'failed' }, NODE, 'failed', 'bad'],
  ['unreachable and may be tried again', { ...PEER, reachable: false }, NODE, 'untried', 'waiting'],
  ['full', { ...PEER, maxConns: 3 }, undefined, 'full', 'waiting'],
  ['taken out by configuration', { ...PEER, state: 'down' }, NODE, 'down', 'off'],
  ['on a draining node', { ...PEER, state: 'drain' }, { ...NODE, state: 'draining' }, 'draining', 'waiting'],
  ['silent', { ...PEER, check: SILENT }, NODE, 'silent', 'still'],
  ['draining by configuration', { ...PEER, state: 'drain' }, NODE, 'drain', 'waiting'],
] as const)('a peer that is %s has its word and tone', (_, peer, node, word, tone) => {
  expect(peerStanding(peer, node)).toMatchObject({ word, tone });
});
