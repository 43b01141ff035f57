// The exact linear regions and decision regions of a piecewise-linear network in a square around the origin.
// A polygon is a flat array of corners [x0, y0, x1, y1, …], convex, counter-clockwise.

// A square around the origin.
export const square = half => [-half, -half, half, -half, half, half, -half, half];

// A polygon split by the line a x + b y + c = 0: [positive side, other side, cut]; null for an empty side.
export function split(polygon, a, b, c) {
  const n = polygon.length;
  let low = Infinity, high = -Infinity;
  for (let k = 0; k < n; k += 2) {
    const height = a * polygon[k] + b * polygon[k + 1] + c;
    if (height < low) low = height;
    if (height > high) high = height;
  }
  const nothing = 1e-12 * Math.max(high, -low);
  if (low >= -nothing) return [polygon, null, null];
  if (high <= nothing) return [null, polygon, null];
  const above = [], below = [], cut = [];
  for (let k = 0; k < n; k += 2) {
    const next = k + 2 === n ? 0 : k + 2, x = polygon[k], y = polygon[k + 1];
    const here = a * x + b * y + c, there = a * polygon[next] + b * polygon[next + 1] + c;
    if (Math.abs(here) <= nothing) { above.push(x, y); below.push(x, y); cut.push(x, y); continue; }
    (here > 0 ? above : below).push(x, y);
    if (Math.abs(there) > nothing && here * there < 0) {
      const t = here / (here - there), px = x + t * (polygon[next] - x), py = y + t * (polygon[next + 1] - y);
      above.push(px, py); below.push(px, py); cut.push(px, py);
    }
  }
  return [above, below, cut];
}

// The exact linear regions of layers in the square of half side `half`: {polygon, map, on}, where map holds a, b, c of
// a x + b y + c for each output, and `on` counts the active units; and the folds, segments [x0, y0, x1, y1].
export function linearRegions(layers, half) {
  const folds = [];
  let regions = [{polygon: square(half), map: through(layers[0], [1, 0, 0, 0, 1, 0]), on: 0}];
  layers.forEach((layer, i) => {
    const following = layers[i + 1];  // the map of a region gives the inputs of the layer's activation
    if (layer.activation !== 1) regions = regions.flatMap(region => cutAll(region, layer.activation, following ?? identity(layer.out), folds));
    else if (following) for (const region of regions) region.map = through(following, region.map);
  });
  return {regions, folds};
}

// A layer that returns its inputs.
const identity = n => ({
  weight: Float64Array.from({length: n * n}, (_, k) => k % (n + 1) === 0 ? 1 : 0), bias: new Float64Array(n), activation: 1, out: n, inputs: n,
});

// W m + b for a map m of the plane.
export function through({weight, bias, out, inputs}, map) {
  const found = [];  // short plain arrays are created faster than typed ones
  for (let unit = 0; unit < out; unit++) {
    let a = 0, b = 0, c = bias[unit];
    for (let i = 0; i < inputs; i++) {
      const w = weight[unit * inputs + i];
      a += w * map[3 * i]; b += w * map[3 * i + 1]; c += w * map[3 * i + 2];
    }
    found.push(a, b, c);
  }
  return found;
}

// A region cut along the zero lines of all its units, one after another. Each part accumulates what the units add to the map of
// the following layer. The cuts are added to the folds, one segment per unit.
function cutAll({polygon, map, on}, negativeSlope, following, folds) {
  const start = Array.from(following.bias, shift => [0, 0, shift]).flat();
  const parts = [{polygon, map: start, on}];
  for (let unit = 0; 3 * unit < map.length; unit++) {
    const a = map[3 * unit], b = map[3 * unit + 1], c = map[3 * unit + 2];
    if (crosses(polygon, a, b, c)) {
      const whole = split(polygon, a, b, c)[2];
      if (whole?.length === 4) folds.push(whole);
    }
    for (let i = parts.length - 1; i >= 0; i--) {
      const part = parts[i];
      let above = a * part.polygon[0] + b * part.polygon[1] + c > 0;
      if (crosses(part.polygon, a, b, c)) {
        const [upper, lower] = split(part.polygon, a, b, c);
        above = upper !== null;
        if (upper && lower) {
          part.polygon = upper;
          const other = {polygon: lower, map: part.map.slice(), on: part.on};
          if (negativeSlope !== 0) add(other.map, following, unit, negativeSlope * a, negativeSlope * b, negativeSlope * c);
          parts.push(other);
        }
      }
      if (above) { part.on++; add(part.map, following, unit, a, b, c); }
      else if (negativeSlope !== 0) add(part.map, following, unit, negativeSlope * a, negativeSlope * b, negativeSlope * c);
    }
  }
  return parts;
}

// Add to a map the contribution of one unit's a x + b y + c through a layer.
function add(map, {weight, out, inputs}, unit, a, b, c) {
  for (let o = 0, k = 0; o < out; o++, k += 3) {
    const w = weight[o * inputs + unit];
    map[k] += w * a; map[k + 1] += w * b; map[k + 2] += w * c;
  }
}

// Whether a polygon has corners on both sides of a line.
function crosses(polygon, a, b, c) {
  const above = a * polygon[0] + b * polygon[1] + c > 0;
  for (let k = 2; k < polygon.length; k += 2) if (a * polygon[k] + b * polygon[k + 1] + c > 0 !== above) return true;
  return false;
}

// The decision regions of a network with its head: a list of polygons for each class.
export function classCells(regions, classes) {
  const cells = Array.from({length: classes}, () => []);
  for (const {polygon, map} of regions) {
    let first = -1, one = true;
    for (let k = 0; k < polygon.length && one; k += 2) {
      const best = bestOf(map, polygon[k], polygon[k + 1]);
      if (first < 0) first = best;
      one = best === first;
    }
    if (one) { cells[first].push(polygon); continue; }  // scores are linear here: the class that wins at all corners wins between them
    for (let own = 0; own < classes; own++) {
      let part = polygon;
      for (let other = 0; other < classes && part; other++) {
        if (other === own) continue;
        const [a, b, c] = [0, 1, 2].map(k => map[3 * own + k] - map[3 * other + k]);
        if (a === 0 && b === 0 && c === 0) { if (other < own) part = null; continue; }
        part = split(part, a, b, c)[0];
      }
      if (part) cells[own].push(part);
    }
  }
  return cells;
}

function bestOf(map, x, y) {
  let best = 0, most = -Infinity;
  for (let k = 0; k < map.length; k += 3) {
    const score = map[k] * x + map[k + 1] * y + map[k + 2];
    if (score > most) { most = score; best = k / 3; }
  }
  return best;
}

// The outlines of the union of polygons, holes in the opposite direction: edges shared by two polygons are left out.
// Corners nearer than 2^-24 of the square are merged.
export function outlines(polygons, half) {
  const places = new Map(), xs = [], ys = [], edges = polygons.length > 1 ? new Map() : null;
  if (!edges) return polygons;
  const corner = (x, y) => {
    const key = Math.round((x / half + 1) * 2 ** 23) * 2 ** 25 + Math.round((y / half + 1) * 2 ** 23);
    let place = places.get(key);
    if (place === undefined) { places.set(key, place = xs.length); xs.push(x); ys.push(y); }
    return place;
  };
  const most = 2 ** 24;  // corners
  for (const polygon of polygons) {
    const first = corner(polygon[0], polygon[1]);
    let from = first;
    for (let k = 2; k <= polygon.length; k += 2) {
      const to = k < polygon.length ? corner(polygon[k], polygon[k + 1]) : first;
      if (to !== from && !edges.delete(to * most + from)) edges.set(from * most + to, to);
      from = to;
    }
  }
  const after = new Map();
  for (const [edge, to] of edges) {
    const from = Math.floor(edge / most), there = after.get(from);
    if (there) there.push(to); else after.set(from, [to]);
  }
  const loops = [];
  for (const [start, out] of after)
    while (out.length) {
      const loop = [];
      let now = start;
      do { loop.push(xs[now], ys[now]); now = after.get(now)?.pop(); } while (now !== start && now !== undefined);
      loops.push(loop);
    }
  return loops;
}

// |det| of a map of the plane to the plane: the product of its singular values.
export const areaFactor = map => Math.abs(map[0] * map[4] - map[1] * map[3]);
