// What the page of word maps does: labels where there is room, search, and coordinates as CSV.

// Show the words in view that do not cover one another: selected ones first, then the most telling.
function labels({source, shown, plot, number}) {
  const data = source.data, chosen = new Set(source.selected.indices);
  const x = data["x" + number], y = data["y" + number];
  const {start: left, end: right} = plot.x_range, {start: low, end: high} = plot.y_range;
  const width = plot.inner_width || plot.width, height = plot.inner_height || plot.height;
  const order = [...data.word.keys()].sort((a, b) =>
    chosen.has(b) - chosen.has(a) || Math.abs(data.polarity[b]) - Math.abs(data.polarity[a]));
  const boxes = [], now = {x: [], y: [], word: [], colour: []};
  for (const i of order) {
    if (boxes.length >= 120 || (chosen.size > 0 && !chosen.has(i))) break;
    const px = (x[i] - left) / (right - left) * width, py = (y[i] - low) / (high - low) * height;
    const box = [px + 5, py + 3, px + 5 + 6.2 * data.word[i].length, py + 16];
    const outside = box[0] < 0 || box[2] > width || box[1] < 0 || box[3] > height;
    if (outside || boxes.some(b => b[0] < box[2] && box[0] < b[2] && b[1] < box[3] && box[1] < b[3])) continue;
    boxes.push(box);
    now.x.push(x[i]); now.y.push(y[i]); now.word.push(data.word[i]); now.colour.push(data.colour[i]);
  }
  shown.data = now;
}

// Select the word that is typed, or those that begin with it.
function search({source, found, value}) {
  const asked = value.trim().toLowerCase(), words = source.data.word;
  let hits = words.flatMap((word, i) => word === asked ? [i] : []);
  if (asked && hits.length === 0) hits = words.flatMap((word, i) => word.startsWith(asked) ? [i] : []);
  source.selected.indices = asked ? hits : [];
  const names = hits.slice(0, 12).map(i => words[i]).join(", ") + (hits.length > 12 ? " …" : "");
  found.text = !asked ? "" : hits.length ? `${hits.length} found: ${names}` : "no such word on this map";
}

// Nothing selected, nothing searched.
function clear({source, found, field}) {
  source.selected.indices = [];
  field.value = ""; field.value_input = "";
  found.text = "";
}

// Download every word with its coordinates on each map.
function save({source, titles}) {
  const data = source.data, quote = text => `"${String(text).replaceAll('"', '""')}"`;
  const heads = ["word", "group", "polarity", "count", ...titles.flatMap(t => [`${t}: x`, `${t}: y`])];
  const lines = data.word.map((word, i) => [
    quote(word), data.group[i], data.polarity[i], data.count[i],
    ...titles.flatMap((_, n) => [data["x" + n][i], data["y" + n][i]])].join(","));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([[heads.map(quote).join(","), ...lines].join("\n") + "\n"], {type: "text/csv"}));
  link.download = "word_map.csv";
  link.click();
}
