import type { OldBrowser } from '../options/client.js';
import type { RequestHead } from '../http1/request-head.js';

/**
 * True for a browser that does not get on with kept connections (nginx: `keepalive_disable`): `msie6` for Internet
 * Explorer 4 to 6 after a POST, `safari` for Safari on macOS.
 */
export function distrustsKeepalive(head: RequestHead, disabled: readonly OldBrowser[]): boolean {
  const safari = disabled.length > 1 ? disabled.includes('safari') : disabled[0] === 'safari';
  if (!safari && head.method !== 'POST') return false;
  const agent = head.get('user-agent');
  if (agent === undefined || !(safari || agent.includes('MSIE ')) || agent.includes('Opera')) return false;
  const explorer = /MSIE (?:([45])\.|6\.(.*))/.exec(agent);
  if (explorer !== null && disabled.includes('msie6') && head.method === 'POST') {
    // Service pack 2 of Windows XP mended it.
    return explorer[1] !== undefined || !(explorer[2] ?? '').includes('SV1');
  }
  if (!safari || agent.includes('MSIE ') || agent.includes('Gecko/') || agent.includes('Chrome/')) return false;
  return agent.includes('Safari/') && agent.includes('Mac OS X');
}
