import { formatMs } from './format.js';
import type { LinkState } from './link-state.js';

/** The state in a few words, for the page's status line. */
export function stateText(state: LinkState): string {
  if (state.phase === 'refused') return `refused: ${state.reason ?? 'no reason given'}`;
  if (state.phase === 'lost') return `lost ${nameOf(state)}, reconnecting`;
  if (state.phase === 'connecting') return 'connecting....';
  if (state.isSilent) return `${nameOf(state)} does not answer`;
  return state.awayMs === undefined ? 'connected' : `back on ${nameOf(state)} after ${formatMs(state.awayMs)}`;
}

/** The headline: a lead and the server's name. */
export function headline(state: LinkState): { lead: string; name: string } {
  if (state.phase === 'refused') return { lead: 'A server answered', name: 'refused' };
  if (state.phase === 'lost') return { lead: 'You were on', name: nameOf(state) };
  if (state.phase === 'connecting') return { lead: 'Finding you a server', name: 'connecting....' };
  return { lead: 'You are on', name: nameOf(state) };
}

/** The title of the window, which distinguishes tabs. */
export function windowTitle(state: LinkState): string {
  if (state.phase === 'connected') return `${nameOf(state)} · Pinwheel`;
  return state.phase === 'lost' ? 'reconnecting · Pinwheel' : 'Pinwheel';
}

function nameOf(state: LinkState): string {
  return state.server ?? 'a server';
}

/** One stop on the way to the current transport; its text is undefined until it is reached. */
export interface Stop {
  label: string;
  moment: string | undefined;
}

/** The stops after the start: the first transport and, where there is one to expect, the upgrade. */
export function stops(state: LinkState, mayUpgrade: boolean): { first: Stop; upgrade: Stop | undefined } {
  const first: Stop = {
    label: state.firstTransport ?? (mayUpgrade ? 'polling' : 'transport'),
    moment: moment(state.openedMs),
  };
  if (!mayUpgrade || state.firstTransport === 'websocket') return { first, upgrade: undefined };
  if (state.upgradeFailed) return { first, upgrade: { label: 'no upgrade: stays on polling', moment: undefined } };
  return { first, upgrade: { label: 'websocket', moment: moment(state.upgradedMs) } };
}

function moment(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : formatMs(ms);
}
