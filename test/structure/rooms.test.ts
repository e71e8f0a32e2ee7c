import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { circlesOf, importsOf, roomOf, roomsOf, root, sourcesOf, specifiersOf } from './imports.js';

const HOMES = [
  'packages/proxy',
  'packages/nginx-conf',
  'packages/member',
  'apps/node',
  'apps/balancer',
  'apps/cluster',
  'apps/loadtest',
];

/** A circle of more files than that cannot be read one file at a time. */
const LARGEST_CIRCLE = 4;

describe.each(HOMES)('the sources of %s', (home) => {
  const imports = importsOf(home);
  const rooms = roomsOf(home);

  test('lie in the rooms of the README, each of which has files', () => {
    expect([...imports.keys()].filter((file) => roomOf(file, rooms) < 0)).toEqual([]);
    const used = new Set([...imports.keys()].map((file) => rooms[roomOf(file, rooms)]));
    expect(rooms.filter((room) => !used.has(room))).toEqual([]);
  });

  test('import only from their own room and from rooms below it', () => {
    const upwards = [...imports].flatMap(([file, targets]) =>
      targets.filter((target) => roomOf(target, rooms) < roomOf(file, rooms)).map((target) => `${file} -> ${target}`),
    );
    expect(upwards).toEqual([]);
  });

  test(`have no circle across rooms and none of more than ${LARGEST_CIRCLE} files`, () => {
    const circles = circlesOf(imports);
    expect(circles.filter((circle) => circle.length > LARGEST_CIRCLE)).toEqual([]);
    expect(circles.filter((circle) => new Set(circle.map((file) => roomOf(file, rooms))).size > 1)).toEqual([]);
  });
});

/** The packages of this project that a folder's sources import. */
function packagesIn(home: string): ReadonlySet<string> {
  const src = join(root, home, 'src');
  const names = sourcesOf(src).flatMap((file) => specifiersOf(join(src, file)));
  return new Set(names.flatMap((name) => /^@pinwheel\/([^/]+)/.exec(name)?.[1] ?? []));
}

describe('between packages', () => {
  const apps = readdirSync(join(root, 'apps'));
  const packages = readdirSync(join(root, 'packages'));

  test.each(apps)('apps/%s imports no other app', (app) => {
    expect([...packagesIn(`apps/${app}`)].filter((name) => apps.includes(name) && name !== app)).toEqual([]);
  });

  test.each(packages)('packages/%s imports no app', (name) => {
    expect([...packagesIn(`packages/${name}`)].filter((one) => apps.includes(one))).toEqual([]);
  });

  test('packages import each other without a circle', () => {
    const graph = new Map(
      packages.map((name) => [name, [...packagesIn(`packages/${name}`)].filter((one) => one !== name)]),
    );
    expect(circlesOf(graph)).toEqual([]);
  });
});

describe('the reader of imports', () => {
  test('finds a circle, and none where there is none', () => {
    const circle = new Map([
      ['a', ['b']],
      ['b', ['c']],
      ['c', ['a', 'd']],
      ['d', []],
    ]);
    expect(circlesOf(circle)).toEqual([['a', 'b', 'c']]);
    expect(
      circlesOf(
        new Map([
          ['a', ['b']],
          ['b', []],
        ]),
      ),
    ).toEqual([]);
  });

  test('puts a file into the room with the longest name that fits', () => {
    const rooms = ['index.ts', 'upstream/policy/', 'upstream/'];
    expect(['index.ts', 'upstream/policy/a.ts', 'upstream/b.ts', 'c.ts'].map((file) => roomOf(file, rooms))).toEqual([
      0, 1, 2, -1,
    ]);
  });

  test('reads imports of types, of values and of dynamic imports', () => {
    const imports = importsOf('packages/proxy');
    expect(imports.get('client/turn.ts')).toContain('route/location.ts');
    expect(imports.get('proxy.ts')).toContain('respond.ts');
  });
});
