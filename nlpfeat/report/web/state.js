// One store for every choice on the page. The address holds each that differs from its default, so that a link shows the same view.

// A store of plain values: numbers, texts, booleans. `prefix` separates several stores of a page in the address. `limits` say what an address may
// hold: name -> a list of values, or {low, high, whole}.
export function createStore(defaults, prefix = "", limits = {}) {
  const state = {...defaults, ...fromAddress(defaults, prefix, limits)}, listeners = new Set();
  return {
    get: name => state[name],
    all: () => ({...state}),
    // Change some values; listeners hear the names of those that differ.
    set(changes) {
      const changed = Object.keys(changes).filter(name => state[name] !== changes[name]);
      if (!changed.length) return;
      Object.assign(state, changes);
      toAddress(state, defaults, prefix);
      for (const listener of listeners) listener(new Set(changed));
    },
    subscribe(listener) { listeners.add(listener); },
  };
}

const address = () => new URLSearchParams(location.hash.slice(1));

function fromAddress(defaults, prefix, limits) {
  const found = {}, given = address();
  for (const [name, value] of Object.entries(defaults)) {
    const text = given.get(prefix + name);
    if (text === null) continue;
    if (Array.isArray(limits[name]) && !limits[name].includes(text)) continue;
    if (typeof value === "number") {
      if (text.trim() === "" || !Number.isFinite(Number(text))) continue;
      const {low = -Infinity, high = Infinity, whole = false} = limits[name] ?? {}, kept = Math.max(low, Math.min(high, Number(text)));
      found[name] = whole ? Math.round(kept) : kept;
    }
    else if (typeof value === "boolean") found[name] = text === "1";
    else found[name] = text;
  }
  return found;
}

let waiting = null;
const pending = new Map();

// Browsers limit how often the address may change, so that changes are gathered.
function toAddress(state, defaults, prefix) {
  for (const [name, value] of Object.entries(state)) pending.set(prefix + name, value === defaults[name] ? null : typeof value === "boolean" ? Number(value) : value);
  waiting ??= setTimeout(() => {
    const given = address();
    for (const [name, value] of pending) if (value === null) given.delete(name); else given.set(name, value);
    pending.clear();
    waiting = null;
    const text = given.toString();
    history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
  }, 250);
}
