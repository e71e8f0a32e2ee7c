/** Positions of the map's parts, in CSS pixels from its top left corner. */
export interface MapLayout {
  width: number;
  height: number;
  clients: Point;
  balancer: Point;
  redis: Point;
  nodes: Box[];
  /** The lines from the balancer to each node and from each node to Redis, as `d` attributes. */
  toNode: string[];
  toRedis: string[];
  /** The line from the clients to the balancer. */
  toBalancer: string;
}

interface Point {
  x: number;
  y: number;
}

/** `x` and `y` are its top left corner. */
interface Box extends Point {
  width: number;
  height: number;
}

/** Radius of the clients, the balancer and Redis. */
const RADIUS = 30;

/** Lays out `count` nodes in a column; the height of the map follows their number, whatever the width. */
export function layOut(width: number, count: number): MapLayout {
  const narrow = width < 560;
  const row = count <= 6 ? 64 : count <= 12 ? 48 : 34;
  const height = Math.max(count * row, 2 * RADIUS + 40) + 16;
  const middle = height / 2;
  const radius = narrow ? RADIUS * 0.72 : RADIUS;
  const clients = { x: radius + 2, y: middle };
  const balancer = { x: narrow ? width * 0.33 : width * 0.34, y: middle };
  const redis = { x: width - radius - 2, y: middle };
  const boxWidth = narrow ? Math.min(118, width * 0.34) : Math.min(220, width * 0.28);
  const left = narrow ? width * 0.47 : width * 0.5;
  const top = (height - count * row) / 2;
  const nodes = Array.from({ length: count }, (_, index) => {
    return { x: left, y: top + index * row + 5, width: boxWidth, height: row - 10 };
  });
  return {
    width,
    height,
    clients,
    balancer,
    redis,
    nodes,
    toBalancer: `M${clients.x + radius} ${middle}L${balancer.x - radius} ${middle}`,
    toNode: nodes.map((box) => curve(balancer.x + radius, middle, box.x, box.y + box.height / 2)),
    toRedis: nodes.map((box) => curve(box.x + box.width, box.y + box.height / 2, redis.x - radius, middle)),
  };
}

function curve(fromX: number, fromY: number, toX: number, toY: number): string {
  const bend = (fromX + toX) / 2;
  return `M${fromX} ${fromY}C${bend} ${fromY} ${bend} ${toY} ${toX} ${toY}`;
}

/** Number of pulses for a number of deliveries in one second, one to five. */
export function pulsesFor(deliveries: number): number {
  return deliveries <= 0 ? 0 : Math.min(5, 1 + Math.floor(Math.log2(deliveries)));
}
