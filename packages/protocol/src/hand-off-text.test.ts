import { describe, expect, it } from 'vitest';
import { HandOffOffers, offerText } from './hand-off-text.js';

const FIRST = { id: 7, idleMs: 60_000, text: 'GET / HTTP/1.1\r\nHost: \xe4\r\n\r\n' };
const SECOND = { id: 8, idleMs: 0, text: '' };

function reader(): { offers: HandOffOffers<string>; read: unknown[] } {
  const read: unknown[] = [];
  return { read, offers: new HandOffOffers<string>((offer, handle) => read.push([offer, handle])) };
}

describe('HandOffOffers', () => {
  it('reads offers as they were written', () => {
    const { offers, read } = reader();
    offers.add(offerText(FIRST), 'a');
    offers.add(offerText(SECOND), 'b');
    expect(read).toEqual([
      [FIRST, 'a'],
      [SECOND, 'b'],
    ]);
    expect(offers.incomplete).toEqual([]);
  });

  it('reads offers byte by byte, with the handle of the first byte', () => {
    const { offers, read } = reader();
    for (const offer of [FIRST, SECOND]) {
      [...offerText(offer)].forEach((byte, index) => offers.add(byte, index === 0 ? `of ${offer.id}` : undefined));
    }
    expect(read).toEqual([
      [FIRST, 'of 7'],
      [SECOND, 'of 8'],
    ]);
  });

  it('reads offers that share a read', () => {
    const { offers, read } = reader();
    const all = offerText(FIRST) + offerText(SECOND);
    offers.add(all.slice(0, 20), 'a');
    offers.add(all.slice(20), 'b');
    expect(read).toEqual([
      [FIRST, 'a'],
      [SECOND, 'b'],
    ]);
  });

  it('keeps the handle of an incomplete offer', () => {
    const { offers, read } = reader();
    offers.add(offerText(FIRST).slice(0, -1), 'a');
    expect(read).toEqual([]);
    expect(offers.incomplete).toEqual(['a']);
  });

  it('refuses anything else', () => {
    expect(() => reader().offers.add('{"cmd":"NODE_HANDLE"}\n', undefined)).toThrow('not an offer');
  });
});
