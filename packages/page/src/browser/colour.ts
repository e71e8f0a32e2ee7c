/** Degrees between the hues of neighbours in a numbered row: the golden angle keeps any first few far apart. */
const GOLDEN_ANGLE = 137.508;

/** Turns the wheel so that `Server1` is blue and `Server2` vermilion. */
const TURN = 347;

/**
 * The hue of a server, in degrees of OKLCH's wheel, 0 to 360: the same for the same name on every page.
 *
 * Names that end in a number (`Server1`, `app2`) share a starting point and step by the golden angle, so that the
 * servers of one cluster never look alike. Other names are placed by their FNV-1a hash.
 */
export function hueOf(name: string): number {
  const [, stem = name, digits] = /^(.*?)(\d{1,6})$/su.exec(name) ?? [];
  const steps = digits === undefined ? 0 : Number(digits);
  return (fnv1a(stem) + TURN + steps * GOLDEN_ANGLE) % 360;
}

/** 32-bit FNV-1a over UTF-16 code units, reduced to 0 to 359. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % 360;
}

/** Gives an element its server's colour; `.hued` in the style sheet turns the hue into colours of the current theme. */
export function tint(element: HTMLElement | SVGElement, server: string): void {
  element.classList.add('hued');
  element.style.setProperty('--hue', hueOf(server).toFixed(1));
}

/** Takes the colour away: `.hued` without a hue of its own is grey. */
export function untint(element: HTMLElement | SVGElement): void {
  element.classList.remove('hued');
  element.style.removeProperty('--hue');
}
