import { hueOf } from '@pinwheel/demo/page/colour.js';
import type { ClusterStatus } from '../document.js';

document.title = String(hueOf('a'));
export type S = ClusterStatus;
