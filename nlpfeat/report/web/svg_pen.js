// A pen with the methods of a canvas that writes SVG, so that each picture is drawn by one function, on the screen and in a file.

const escaped = text => String(text).replace(/[&<>"]/g, c => ({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})[c]);
const place = v => (Math.round(v * 100) / 100).toString();
const ANCHORS = {left: "start", start: "start", center: "middle", right: "end", end: "end"};
const BASELINES = {top: "text-before-edge", middle: "central", alphabetic: "alphabetic", bottom: "text-after-edge"};

export class SvgPen {
  constructor(width, height) {
    Object.assign(this, {width, height, parts: [], path: [], clips: 0, open: 0, saved: []});
    Object.assign(this, {fillStyle: "#000", strokeStyle: "#000", lineWidth: 1, globalAlpha: 1, font: "12px sans-serif", textAlign: "start",
      textBaseline: "alphabetic", lineCap: "butt", lineJoin: "miter", dash: []});
  }
  beginPath() { this.path = []; }
  moveTo(x, y) { this.path.push(`M${place(x)} ${place(y)}`); }
  lineTo(x, y) { this.path.push(`L${place(x)} ${place(y)}`); }
  closePath() { this.path.push("Z"); }
  rect(x, y, w, h) { this.moveTo(x, y); this.lineTo(x + w, y); this.lineTo(x + w, y + h); this.lineTo(x, y + h); this.closePath(); }
  arc(x, y, r) {  // whole circles only
    this.path.push(`M${place(x + r)} ${place(y)}A${place(r)} ${place(r)} 0 1 1 ${place(x - r)} ${place(y)}A${place(r)} ${place(r)} 0 1 1 ${place(x + r)} ${place(y)}Z`);
  }
  setLineDash(dash) { this.dash = dash; }
  get look() { return this.globalAlpha === 1 ? "" : ` opacity="${this.globalAlpha}"`; }
  fill(rule = "nonzero") { if (this.path.length) this.parts.push(`<path d="${this.path.join("")}" fill="${this.fillStyle}" fill-rule="${rule}"${this.look}/>`); }
  stroke() {
    const dash = this.dash.length ? ` stroke-dasharray="${this.dash.join(" ")}"` : "";
    if (this.path.length)
      this.parts.push(`<path d="${this.path.join("")}" fill="none" stroke="${this.strokeStyle}" stroke-width="${this.lineWidth}" ` +
        `stroke-linecap="${this.lineCap}" stroke-linejoin="${this.lineJoin}"${dash}${this.look}/>`);
  }
  fillRect(x, y, w, h) { const {path} = this; this.path = []; this.rect(x, y, w, h); this.fill(); this.path = path; }
  strokeRect(x, y, w, h) { const {path} = this; this.path = []; this.rect(x, y, w, h); this.stroke(); this.path = path; }
  clearRect() {}
  fillText(text, x, y) { this.text(text, x, y, `fill="${this.fillStyle}"`); }
  strokeText(text, x, y) { this.text(text, x, y, `fill="none" stroke="${this.strokeStyle}" stroke-width="${this.lineWidth}" stroke-linejoin="round"`); }
  text(text, x, y, look) {
    const [, style, weight, size, family] = /^(italic )?(bold |\d00 )?([\d.]+px) (.*)$/.exec(this.font);
    this.parts.push(`<text x="${place(x)}" y="${place(y)}" font-size="${size}" font-family="${escaped(family)}"${weight ? ` font-weight="${weight.trim()}"` : ""}` +
      `${style ? ' font-style="italic"' : ""} text-anchor="${ANCHORS[this.textAlign]}" dominant-baseline="${BASELINES[this.textBaseline]}" ${look}${this.look}>${escaped(text)}</text>`);
  }
  measureText(text) { return {width: 0.55 * parseFloat(/([\d.]+)px/.exec(this.font)[1]) * String(text).length}; }
  save() { this.saved.push({open: this.open}); this.open = 0; }
  clip() {
    const name = `clip${++this.clips}`;
    this.parts.push(`<clipPath id="${name}"><path d="${this.path.join("")}"/></clipPath><g clip-path="url(#${name})">`);
    this.open++;
  }
  restore() { this.parts.push("</g>".repeat(this.open)); this.open = this.saved.pop()?.open ?? 0; }
  toString() {
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${this.width}" height="${this.height}" viewBox="0 0 ${this.width} ${this.height}">\n` +
      `${this.parts.join("\n")}\n</svg>\n`;
  }
}
