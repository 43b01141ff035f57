// The data of a page: JSON, in which an array of numbers is {"f4": text}, {"u1": text}, {"u2": text} or {"f8": text}, little-endian in base 64.

const KINDS = {f4: Float32Array, f8: Float64Array, u1: Uint8Array, u2: Uint16Array};

function bytesOf(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const plain = atob(text), bytes = new Uint8Array(plain.length);
  for (let k = 0; k < plain.length; k++) bytes[k] = plain.charCodeAt(k);
  return bytes;
}

// A value with all arrays in it decoded, as the kind that they are stored in.
export function decoded(value) {
  if (Array.isArray(value)) return value.map(decoded);
  if (value === null || typeof value !== "object") return value;
  const [name, ...more] = Object.keys(value);
  if (!more.length && KINDS[name] && typeof value[name] === "string") return new KINDS[name](bytesOf(value[name]).buffer);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, decoded(part)]));
}
