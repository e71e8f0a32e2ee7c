import { tint, untint } from '@pinwheel/page/browser/colour.js';
import { byId, setText } from '@pinwheel/page/browser/element.js';
import type { Link } from './link.js';
import { headline, stateText, stops, windowTitle } from './link-text.js';
import type { TransportName } from './query.js';

/** Draws the head of the page: the server and its colour, the state, the transport and the way to it. */
export function showFace(link: Link, transport: TransportName | undefined): void {
  const body = document.body;
  const lead = byId('lead', HTMLElement);
  const name = byId('server-name', HTMLElement);
  const stateLine = byId('state', HTMLElement);
  const current = byId('transport', HTMLElement);
  const port = byId('port', HTMLElement);
  const mayUpgrade = transport === undefined;

  const first = stopElements('first');
  const upgrade = stopElements('upgrade');
  const upgradeMs = byId('upgrade-ms', HTMLElement);

  link.watch((state) => {
    body.dataset['state'] = state.phase;
    setData('server', state.phase === 'connected' ? state.server : undefined);
    setData('transport', state.transport);
    setData('silent', state.isSilent ? 'true' : undefined);
    if (state.phase === 'connected' && state.server !== undefined) tint(body, state.server);
    else untint(body);

    const { lead: leadText, name: nameText } = headline(state);
    setText(lead, leadText);
    setText(name, nameText);
    name.dataset['length'] = nameText.length <= 12 ? 'short' : nameText.length <= 24 ? 'medium' : 'long';
    setText(stateLine, stateText(state));
    document.title = windowTitle(state);

    setText(current, state.transport ?? '–');
    setText(port, state.port === undefined ? '' : `port ${state.port}`);

    const way = stops(state, mayUpgrade);
    showStop(first, way.first);
    showStop(upgrade, way.upgrade);
    if (state.upgradedMs === undefined) delete upgradeMs.dataset['ms'];
    else upgradeMs.dataset['ms'] = state.upgradedMs.toFixed(1);
  });

  function setData(key: 'server' | 'transport' | 'silent', value: string | undefined): void {
    if (value === undefined) delete body.dataset[key];
    else body.dataset[key] = value;
  }
}

interface StopElements {
  item: HTMLElement;
  label: HTMLElement;
  moment: HTMLElement;
}

function stopElements(id: 'first' | 'upgrade'): StopElements {
  return {
    item: byId(`${id}-stop`, HTMLElement),
    label: byId(`${id}-label`, HTMLElement),
    moment: byId(`${id}-ms`, HTMLElement),
  };
}

function showStop(elements: StopElements, stop: { label: string; moment: string | undefined } | undefined): void {
  elements.item.hidden = stop === undefined;
  elements.item.classList.toggle('reached', stop?.moment !== undefined);
  setText(elements.label, stop?.label ?? '');
  setText(elements.moment, stop?.moment ?? '');
}
