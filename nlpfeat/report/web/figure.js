// A picture on the page: a canvas that fits its place, is painted by one function with any pen, and is saved as PNG or SVG.

import {theme} from "./colours.js";
import {button, download, element} from "./elements.js";
import {SvgPen} from "./svg_pen.js";

const SAVED_WIDTH = 900;  // pixels of a saved picture, at least

// A figure. paint(pen, width, height, theme) draws it; `ratio` is height over width, or height(width) gives it.
export function createFigure({name, label, ratio, height, paint, keys = false}) {
  const canvas = element("canvas", {role: "img", "aria-label": label, tabindex: keys ? 0 : null});
  const caption = element("figcaption"), heightOf = width => Math.round(height ? height(width) : ratio * width);
  const saveAs = kind => {
    menu.open = false;
    const width = Math.max(SAVED_WIDTH, figure.width), tall = heightOf(width);
    if (kind === "svg") {
      const pen = new SvgPen(width, tall);
      background(pen, width, tall);
      paint(pen, width, tall, theme());
      download(`${name()}.svg`, pen.toString(), "image/svg+xml");
      figure.paint();  // places on the picture are those of the screen again
      return;
    }
    const copy = element("canvas", {width: 2 * width, height: 2 * tall}), pen = copy.getContext("2d");
    pen.scale(2, 2);
    background(pen, width, tall);
    paint(pen, width, tall, theme());
    copy.toBlob(blob => download(`${name()}.png`, blob, "image/png"));
    figure.paint();
  };
  const background = (pen, width, tall) => { pen.fillStyle = theme().background; pen.fillRect(0, 0, width, tall); };
  const menu = element("details", {class: "menu"},
    element("summary", {"aria-label": `save or enlarge: ${label}`}, "⋯"),
    element("div", {}, button("PNG", () => saveAs("png")), button("SVG", () => saveAs("svg")), button("full screen", () => full(figure.element))));
  const figure = {
    canvas, caption, width: 0, height: 0,
    element: element("figure", {}, caption, canvas, menu),
    // Paint it anew, at once.
    paint() {
      if (!figure.width) return;
      const pen = canvas.getContext("2d", {alpha: false}), sharp = canvas.width / figure.width;
      pen.setTransform(sharp, 0, 0, sharp, 0, 0);
      background(pen, figure.width, figure.height);
      paint(pen, figure.width, figure.height, theme());
    },
    // Take the size of its place, and paint it if that has changed.
    resized() {
      const width = Math.round(fitting(figure.element, canvas, ratio)), height = heightOf(width), sharp = Math.min(2, devicePixelRatio || 1);
      if (!width || (width === figure.width && height === figure.height && canvas.width === Math.round(width * sharp))) return;
      Object.assign(figure, {width, height});
      canvas.width = Math.round(width * sharp);
      canvas.height = Math.round(height * sharp);
      canvas.style.height = `${height}px`;
      figure.paint();
    },
    // The place of a pointer on the picture, in its pixels.
    at(event) {
      const box = canvas.getBoundingClientRect();
      return [(event.clientX - box.left) * figure.width / box.width, (event.clientY - box.top) * figure.height / box.height];
    },
    describe(text) { if (canvas.getAttribute("aria-label") !== text) canvas.setAttribute("aria-label", text); },
  };
  new ResizeObserver(() => figure.resized()).observe(figure.element);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => figure.paint());
  return figure;
}

// The width of a figure in its place; on a full screen, as wide as its height allows.
function fitting(whole, canvas, ratio) {
  const {width, height} = whole.getBoundingClientRect();
  const fits = document.fullscreenElement === whole && ratio ? Math.min(width, (height - 60) / ratio) : width;
  canvas.style.width = fits < width ? `${Math.round(fits)}px` : "";
  return fits;
}

// Show an element on the full screen, or leave it.
export function full(target) {
  if (document.fullscreenElement) document.exitFullscreen();
  else target.requestFullscreen?.().catch(() => {});
}

// Paint once before the next frame, however often it is asked for.
export function beforeNextFrame(paint) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; paint(); });
  };
}
