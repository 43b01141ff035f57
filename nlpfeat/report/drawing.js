// The three pictures of a view of the unwarper: the input plane, the plane on its way to the embedding, and all units at one point.
// They are drawn by setting the data sources of Bokeh's glyphs.

// The input plane: decision regions, or a property of the linear regions; the folds; the data. Parts that did not change are not redrawn.
function drawPlane(page, view, {key, net, layers, regions, folds, data}) {
  const head = layers.at(-1), {colours} = page.metadata, kind = page.controls.ground.value, lined = page.controls.folds.active.length > 0;
  if (view.drawn?.points !== net.points) view.dots.data = dotted(page, data.x, data.y, data.labels, page.metadata.window);
  const wanted = {key, kind, lined, points: net.points}, same = view.drawn?.key === key;
  if (!same || view.drawn.kind !== kind) {
    const cells = {xs: [], ys: [], colour: []};
    if (kind === "classes") {
      const scored = regions.map(region => ({polygon: region.polygon, map: through(head, region.map)}));
      classCells(scored, head.out).forEach((own, k) => {
        const lines = outlines(own, page.metadata.window);
        cells.xs.push(joined(lines, 0)); cells.ys.push(joined(lines, 1)); cells.colour.push(colours.ground[k % colours.ground.length]);
      });
    } else if (kind !== "nothing") {
      const values = kind === "areaFactor" ? regions.map(region => Math.log10(areaFactor(region.map) || 1e-6)) : regions.map(region => region.on);
      const shade = scale(values, colours.scale, kind === "areaFactor");
      regions.forEach(({polygon}, i) => {
        cells.xs.push(joined([polygon], 0)); cells.ys.push(joined([polygon], 1)); cells.colour.push(shade(values[i]));
      });
    }
    view.cells.data = cells;
  }
  if (!same || view.drawn.lined !== lined) {
    const shown = lined ? folds : [];
    view.folds.data = {xs: [joined(shown, 0)], ys: [joined(shown, 1)]};
  }
  view.drawn = wanted;
}

// One coordinate of polygons, with NaN between them, so that they are drawn as one path without seams.
function joined(polygons, from) {
  const found = [];
  for (const polygon of polygons) {
    if (found.length) found.push(NaN);
    for (let k = from; k < polygon.length; k += 2) found.push(polygon[k]);
  }
  return Float64Array.from(found);
}

// Points as very short lines with square caps, in the colour of their class: one stroke through many points is painted far faster
// than markers, and square caps faster than round ones. Several strokes per class, interleaved, so that no class covers the
// others. `half` is half the side of the picture.
function dotted({metadata: {colours}}, x, y, labels, half) {
  const turns = 8, classes = labels.reduce((most, own) => Math.max(most, own), 0) + 1;
  const all = Array.from({length: turns * classes}, (_, i) => ({own: i % classes, line: []}));
  labels.forEach((own, k) => all[k % turns * classes + own].line.push([x[k], y[k], x[k] + 1e-5 * half, y[k]]));
  const some = all.filter(({line}) => line.length);
  return {
    xs: some.map(({line}) => joined(line, 0)), ys: some.map(({line}) => joined(line, 1)),
    colour: some.map(({own}) => colours.dots[own % colours.dots.length]),
  };
}

// A colour for each value along a scale; around 0 if `centred`.
function scale(values, colours, centred) {
  let low = Infinity, high = -Infinity;
  for (const v of values) { if (v < low) low = v; if (v > high) high = v; }
  if (centred) { high = Math.max(Math.abs(low), Math.abs(high)) || 1; low = -high; }
  const list = centred ? colours.centred : colours.rising;
  return v => list[Math.min(list.length - 1, Math.floor((v - low) / (high - low || 1) * list.length))];
}

// The plane on its way to the embedding; returns the caption above it.
function drawSpace(page, view, {net, layers, data, image, warped}, probe) {
  const head = layers.at(-1), way = page.controls.way.value, {grid} = page, point = probe.map(v => Float64Array.of(v));
  const layered = page.controls.path.active === 1 && drawable(net), arrived = way === 1;
  let travel, where;
  if (layered) {
    const steps = stepsOf(layers), position = way * steps.length;
    const now = steps[Math.max(0, Math.ceil(position) - 1)];
    travel = from => walk(from, steps, position);
    where = arrived ? "Embedding" : `Layer ${now.layer}: ${now.description} (${now.sign})`;
  } else {
    travel = (from, to) => arrived ? to : from.map((part, d) => part.map((v, k) => (1 - way) * v + way * to[d][k]));
    where = arrived ? "Embedding" : `${Math.round(100 * way)} % of the way`;
    if (page.controls.path.active === 1) where += " (straight: a layer is not 2 → 2)";
  }
  const [x, y] = view.moved = travel([data.x, data.y], image), [gx, gy] = travel([grid.x, grid.y], warped);
  const [px, py] = travel(point, forward(layers.slice(0, -1), point));
  let half = 0;
  for (const part of [x, y]) for (const v of part) if (Math.abs(v) > half) half = Math.abs(v);
  half = 1.25 * (half || 1);
  for (const range of [view.space.x_range, view.space.y_range]) { range.start = -half; range.end = half; }
  view.moved_dots.data = dotted(page, x, y, data.labels, half);
  view.probed.data = {x: px, y: py};
  const cut = part => Array.from({length: grid.lines}, (_, i) => part.slice(i * grid.points, (i + 1) * grid.points));
  view.grid.data = {xs: cut(gx), ys: cut(gy)};
  const planar = arrived && head.inputs === 2, ground = {xs: [], ys: [], colour: []};
  const arrows = {x0: [], y0: [], x1: [], y1: [], colour: []};
  if (planar) {
    const whole = [{polygon: square(half), map: through(head, [1, 0, 0, 0, 1, 0])}];
    classCells(whole, head.out).forEach((own, k) => own.forEach(polygon => {
      ground.xs.push(joined([polygon], 0)); ground.ys.push(joined([polygon], 1));
      ground.colour.push(page.metadata.colours.ground[k % page.metadata.colours.ground.length]);
    }));
    const longest = Math.max(...Array.from({length: head.out}, (_, k) => Math.hypot(head.weight[2 * k], head.weight[2 * k + 1])));
    for (let k = 0; k < head.out; k++) {
      const length = 0.6 * half / longest;
      arrows.x0.push(0); arrows.y0.push(0);
      arrows.x1.push(length * head.weight[2 * k]); arrows.y1.push(length * head.weight[2 * k + 1]);
      arrows.colour.push(page.metadata.colours.dots[k % page.metadata.colours.dots.length]);
    }
  }
  view.ground.data = ground;
  view.arrows.data = arrows;
  const together = x.every(v => v === x[0]) && y.every(v => v === y[0]);  // no unit is active anywhere
  return `${where}, up to ±${short(half)}${together ? ": all points coincide" : ""}`;
}

// The values of all units at the probed point: one row per layer.
function drawUnits(view, layers, [x, y]) {
  const rows = trace(layers, x, y), names = rows.map((_, i) =>
    i === 0 ? "input" : i === rows.length - 1 ? "scores" : i === rows.length - 2 ? "embedding" : `layer ${i}`);
  const data = {left: [], right: [], bottom: [], top: [], colour: [], name: [], value: []};
  const words = {x: [], y: [], text: [], colour: []};
  rows.forEach((values, row) => {
    const most = Math.max(...values.map(Math.abs)) || 1, bottom = rows.length - 1 - row;
    values.forEach((value, i) => {
      data.left.push((i + 0.03) / values.length); data.right.push((i + 0.97) / values.length);
      data.bottom.push(bottom + 0.12); data.top.push(bottom + 0.88);
      data.colour.push(mix(value / most)); data.name.push(`${names[row]}, ${i + 1} of ${values.length}`); data.value.push(value);
      if (values.length <= 8) {
        words.x.push((i + 0.5) / values.length); words.y.push(bottom + 0.5); words.text.push(short(value));
        words.colour.push(value > 0.87 * most ? "#ffffff" : "#1a1a1a");  // dark text is easier to read on orange and on lighter blues
      }
    });
  });
  view.units_data.data = data;
  view.units_words.data = words;
  if (view.rows === rows.length) return;
  view.rows = view.units.y_range.end = rows.length;
  const ticks = names.map((_, i) => rows.length - 0.5 - i);
  view.units_axis.ticker.ticks = ticks;
  view.units_axis.major_label_overrides = new Map(ticks.map((tick, i) => [tick, names[i]]));
}

// A colour from orange (-1) over white to blue (1).
function mix(share) {
  const [r, g, b] = share < 0 ? [213, 94, 0] : [0, 114, 178], t = Math.min(1, Math.abs(share));
  return `rgb(${[r, g, b].map(c => Math.round(255 + t * (c - 255))).join()})`;
}
