// A page of maps.

import {decoded} from "./data.js";
import {createMap} from "./map.js";

export function startMapPage(root, data) {
  const made = createMap(decoded(data));
  root.append(made.element);
  return made;
}
