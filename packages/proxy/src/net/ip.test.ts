import { BlockList, isIP } from 'node:net';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressBytes, TrustedProxies } from './ip.js';

const into = new Uint8Array(16);

function bytesOf(text: string): number[] {
  into.fill(0xaa);
  return Array.from(into.subarray(0, addressBytes(text, into)));
}

describe('addressBytes', () => {
  test.each([
    ['1.2.3.4', [1, 2, 3, 4]],
    ['255.255.255.255', [255, 255, 255, 255]],
    ['::ffff:1.2.3.4', [1, 2, 3, 4]],
    ['::FFFF:0102:0304', [1, 2, 3, 4]],
    ['0:0:0:0:0:ffff:1.2.3.4', [1, 2, 3, 4]],
    ['::', Array.from({ length: 16 }, () => 0)],
    ['::1', [...Array.from({ length: 15 }, () => 0), 1]],
    ['::1.2.3.4', [...Array.from({ length: 12 }, () => 0), 1, 2, 3, 4]],
    ['1:2:3:4:5:6:7::', [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 0]],
    ['2001:db8::a:b', [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xa, 0, 0xb]],
    ['fe80::1%eth0', [0xfe, 0x80, ...Array.from({ length: 13 }, () => 0), 1]],
  ])('addressBytes reads %s', (text, bytes) => {
    expect(bytesOf(text)).toEqual(bytes);
  });

  test.each([
    '1:2:3:4:5:6:7:8::',
    '::1:2:3:4:5:6:7:8',
    '1:2:3:4::5:6:7:8',
    '1:2:3:4:5:6:7:1.2.3.4',
    '1:2:3:4:5:6::1.2.3.4',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    ':::',
    '1:',
    ':1',
    '::1.2.3',
    '::1.2.3.4:5',
    '01.2.3.4',
    '1.2.3.4.',
    '',
  ])('addressBytes refuses %s', (text) => {
    expect(addressBytes(text, into)).toBe(0);
  });

  const piece = fc.constantFrom(
    ':',
    '::',
    '.',
    '0',
    '1',
    '00',
    '255',
    '256',
    'ffff',
    'g',
    '12345',
    '1.2.3.4',
    ' ',
    '-',
  );
  const text = fc.oneof(
    { weight: 2, arbitrary: fc.ipV4() },
    { weight: 2, arbitrary: fc.ipV6() },
    { weight: 4, arbitrary: fc.array(piece, { maxLength: 16 }).map((pieces) => pieces.join('')) },
    fc.string(),
  );
  test('addressBytes accepts exactly the addresses that Node accepts', () => {
    fc.assert(
      fc.property(text, (one) => {
        fc.pre(!one.includes('%'));
        expect([one, addressBytes(one, into) !== 0]).toEqual([one, isIP(one) !== 0]);
      }),
      { numRuns: 20_000 },
    );
  });

  test('addressBytes reads IPv6 addresses as the URL parser does', () => {
    fc.assert(
      fc.property(fc.ipV6(), (one) => {
        const bytes = bytesOf(one);
        const shown = bytes.length === 4 ? [...Array.from({ length: 10 }, () => 0), 255, 255, ...bytes] : bytes;
        const words = Array.from({ length: 8 }, (_, i) =>
          (((shown[2 * i] ?? 0) << 8) | (shown[2 * i + 1] ?? 0)).toString(16),
        );
        expect(new URL(`http://[${words.join(':')}]/`).hostname).toBe(new URL(`http://[${one}]/`).hostname);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('TrustedProxies', () => {
  test.each([
    ['10.1.2.3/8', '10.255.0.1', true],
    ['10.1.2.3/8', '11.0.0.1', false],
    ['192.168.4.0/22', '192.168.7.255', true],
    ['192.168.4.0/22', '192.168.8.0', false],
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.1', '127.0.0.2', false],
    ['127.0.0.0/8', '::ffff:127.9.9.9', true],
    ['::ffff:10.0.0.0/104', '10.9.9.9', true],
    ['::ffff:10.0.0.1', '10.0.0.1', true],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['0.0.0.0/0', '::1', false],
    ['::/0', '2001:db8::1', true],
    ['::/0', '203.0.113.9', false],
    ['fe80::/10', 'febf::1%eth0', true],
    ['2001:db8::/33', '2001:db8:8000::', false],
    ['10.0.0.0/8', 'unix:', false],
    ['10.0.0.0/8', '', false],
    ['unix:', 'unix:', true],
    ['unix:', '127.0.0.1', false],
  ])('TrustedProxies of %s has %s: %s', (block, address, has) => {
    expect(new TrustedProxies([block]).has(address)).toBe(has);
  });

  test('TrustedProxies agrees with net.BlockList over random blocks', () => {
    const block = fc.oneof(
      fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }), fc.constant('ipv4' as const)),
      fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 }), fc.constant('ipv6' as const)),
    );
    fc.assert(
      fc.property(block, fc.nat(127), fc.boolean(), ([base, bits, family], flipped, flip) => {
        const bytes = bytesOf(base);
        fc.pre(bytes.length === (family === 'ipv4' ? 4 : 16));
        const at = (flipped % (bytes.length * 8)) >> 3;
        if (flip) bytes[at] = (bytes[at] ?? 0) ^ (1 << (flipped & 7));
        const words = Array.from({ length: 8 }, (_, i) =>
          (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
        );
        const address = family === 'ipv4' ? bytes.join('.') : words.join(':');
        fc.pre(addressBytes(address, into) === bytes.length);
        const reference = new BlockList();
        reference.addSubnet(base, bits, family);
        expect(new TrustedProxies([`${base}/${bits}`]).has(address)).toBe(reference.check(address, family));
      }),
      { numRuns: 3_000 },
    );
  });

  test.each([
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '::/129',
    '::ffff:0:0/90',
    'proxy',
    '10.0.0',
    '/8',
    'fe80::1%1',
  ])('TrustedProxies refuses %s and names its position', (entry) => {
    expect(() => new TrustedProxies(['10.0.0.1', entry])).toThrow(
      expect.objectContaining({ code: 'bad_option', path: 'trustedProxies[1]' }),
    );
  });
});
