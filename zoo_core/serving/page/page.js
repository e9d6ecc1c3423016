"use strict";
// A page to try a model: a form of its columns, or a pad to draw on where a row is an image.
// Texts of a model are shown with textContent alone, so that a model file brings no markup into the page.

const by = id => document.getElementById(id);
const MOST_SHOWN = 12; // classes, the likeliest first
const PEN = 0.075; // width of a stroke, as a share of the pad
let model = null; // the metadata of the chosen model
let read = null; // returns the tensors that the page holds, or null while there is nothing to send
let empty = null; // returns the names of the fields that hold nothing
let latest = 0; // the number of the latest request: a late answer to an earlier one is not shown

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// ------------------------------------------------------------------ models

async function start() {
  const { models } = await ask("v2/models");
  by("models").replaceChildren(...models.map(name => element("option", { value: name, textContent: name })));
  by("models").addEventListener("change", choose);
  await choose();
}

async function choose() {
  by("problem").textContent = "";
  by("found").replaceChildren();
  model = await ask(`v2/models/${encodeURIComponent(by("models").value)}`);
  const outputs = model.outputs.map(output => output.name).join(", ");
  by("facts").textContent = `${model.parameters.task}; answers: ${outputs}`;
  const [first] = model.inputs;
  read = first.name === "input" && first.shape.length === 3 ? pad(first) : form(model.inputs);
  showRequest();
}

async function ask(path, body) {
  const options = body && { method: "POST", headers: { "Content-Type": "application/json" }, body };
  const response = await fetch(path, options);
  const found = await response.json();
  if (!response.ok) throw new Error(found.error);
  return found;
}

async function predict() {
  const inputs = read(), number = ++latest;
  showRequest();
  if (!inputs) return;
  const gaps = model.parameters.missing_values ? [] : empty();
  if (gaps.length) {
    refuse(`${gaps.slice(0, 4).join(", ")}${gaps.length > 4 ? ", ..." : ""}: fill in a number; the model takes no missing values`);
    return;
  }
  try {
    const path = `v2/models/${encodeURIComponent(model.name)}/infer`;
    const answer = await ask(path, JSON.stringify({ inputs }));
    if (number !== latest) return;
    by("problem").textContent = "";
    show(answer.outputs);
  } catch (error) {
    if (number === latest) refuse(error.message);
  }
}

function refuse(text) {
  by("problem").textContent = text;
  by("found").replaceChildren();
}

// ------------------------------------------------------------------ a form

function form(columns) {
  const table = columns[0].name === "input" && columns[0].shape.length === 2 && columns[0].shape[1] > 1;
  const fields = table
    ? Array.from({ length: columns[0].shape[1] }, (_, i) => ({ name: String(i), parameters: {} }))
    : columns;
  const controls = fields.map(control);
  const labels = fields.map((field, i) =>
    element("label", { className: "field" }, element("span", { textContent: field.name }), controls[i]));
  const send = element("button", { textContent: "Predict", onclick: predict });
  by("given").replaceChildren(...labels, element("div", { className: "buttons" }, send));
  empty = () => fields.filter((_, i) => controls[i].value === "").map(field => field.name);
  controls.forEach(c => c.addEventListener("keydown", event => event.key === "Enter" && predict()));
  if (table) return () => [{ ...columns[0], shape: [1, controls.length], data: controls.map(number) }];
  return () => columns.map((column, i) => ({
    name: column.name, shape: [1], datatype: column.datatype,
    data: [column.datatype === "BYTES" ? controls[i].value || null : number(controls[i])],
  }));
}

function control({ name, parameters = {} }) {
  if (parameters.categories) {
    const known = parameters.categories.map(text => new Option(text, text));
    return element("select", { ariaLabel: name }, ...known, new Option("(missing)", ""));
  }
  if (parameters.kind === "boolean") {
    const known = [new Option("no", 0), new Option("yes", 1), new Option("(missing)", "")];
    return element("select", { ariaLabel: name }, ...known);
  }
  if (parameters.kind === "date") return element("input", { placeholder: "2026-01-31", ariaLabel: name });
  return element("input", { type: "number", step: "any", ariaLabel: name });
}

function number(control) {
  return control.value === "" ? null : Number(control.value);
}

// ------------------------------------------------------------------ a pad

function pad(input) {
  const [, height, width] = input.shape;
  const canvas = element("canvas", { width: 280, height: 280, ariaLabel: "draw here" });
  const seen = element("canvas", { width, height, className: "small", ariaLabel: "what the model sees" });
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  const clear = () => {
    brush.fillStyle = "#000";
    brush.fillRect(0, 0, canvas.width, canvas.height);
    by("found").replaceChildren();
    seen.getContext("2d").clearRect(0, 0, width, height);
    latest++;
  };
  clear();
  Object.assign(brush, { strokeStyle: "#fff", lineWidth: PEN * canvas.width, lineCap: "round", lineJoin: "round" });
  const place = event => [event.offsetX * canvas.width / canvas.clientWidth, event.offsetY * canvas.height / canvas.clientHeight];
  const draw = event => {
    if (!(event.buttons & 1)) return;
    brush.lineTo(...place(event));
    brush.stroke();
  };
  canvas.onpointerdown = event => {
    canvas.setPointerCapture(event.pointerId);
    brush.beginPath();
    brush.moveTo(...place(event));
    draw(event);
  };
  canvas.onpointermove = draw;
  canvas.onpointerup = predict;
  empty = () => [];
  by("given").replaceChildren(canvas, seen,
    element("div", { className: "buttons" }, element("button", { textContent: "Clear", onclick: clear })));
  return () => {
    const pixels = framed(brush.getImageData(0, 0, canvas.width, canvas.height), height, width);
    if (!pixels) return null;
    paint(seen, pixels);
    return [{ name: "input", shape: [1, height, width], datatype: input.datatype, data: pixels }];
  };
}

// Strokes as MNIST has them: scaled into 20 of 28 pixels, grey at the edges, with the centre of mass in the middle.
function framed(image, height, width) {
  const box = bounds(image);
  if (!box) return null;
  const side = Math.max(box.right - box.left, box.bottom - box.top);
  const scale = (20 / 28) * Math.min(height, width) / side;
  const small = element("canvas", { width: Math.max(1, Math.round((box.right - box.left) * scale)),
                                    height: Math.max(1, Math.round((box.bottom - box.top) * scale)) });
  const shrunk = averaged(image, box, small.width, small.height);
  const [x, y] = centre(shrunk, small.width, small.height);
  const left = Math.round(width / 2 - x), top = Math.round(height / 2 - y);
  const pixels = new Array(height * width).fill(0);
  shrunk.forEach((value, i) => {
    const row = top + Math.floor(i / small.width), column = left + i % small.width;
    if (row >= 0 && row < height && column >= 0 && column < width) pixels[row * width + column] = Math.round(value);
  });
  return pixels;
}

function bounds({ data, width, height }) {
  const box = { left: width, top: height, right: 0, bottom: 0 };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (data[4 * (y * width + x)] < 40) continue;
      box.left = Math.min(box.left, x), box.right = Math.max(box.right, x + 1);
      box.top = Math.min(box.top, y), box.bottom = Math.max(box.bottom, y + 1);
    }
  }
  return box.right > box.left ? box : null;
}

// The mean of all pixels that fall on a small one: a browser's own scaling would leave some of them out.
function averaged({ data, width }, box, columns, rows) {
  const sums = new Float64Array(columns * rows), counts = new Float64Array(columns * rows);
  for (let y = box.top; y < box.bottom; y++) {
    const row = Math.min(rows - 1, Math.floor((y - box.top) * rows / (box.bottom - box.top)));
    for (let x = box.left; x < box.right; x++) {
      const column = Math.min(columns - 1, Math.floor((x - box.left) * columns / (box.right - box.left)));
      sums[row * columns + column] += data[4 * (y * width + x)];
      counts[row * columns + column]++;
    }
  }
  return Array.from(sums, (sum, i) => (counts[i] ? sum / counts[i] : 0));
}

function centre(values, width) {
  let mass = 0, x = 0, y = 0;
  values.forEach((value, i) => {
    mass += value, x += value * (i % width + 0.5), y += value * (Math.floor(i / width) + 0.5);
  });
  return [x / mass, y / mass];
}

function paint(canvas, pixels) {
  const context = canvas.getContext("2d"), image = context.createImageData(canvas.width, canvas.height);
  pixels.forEach((value, i) => image.data.set([value, value, value, 255], 4 * i));
  context.putImageData(image, 0, 0);
}

// ------------------------------------------------------------------ the answer

function show(outputs) {
  const found = Object.fromEntries(outputs.map(output => [output.name, output]));
  const parts = [];
  if (found.label) parts.push(element("div", { className: "answer", textContent: String(found.label.data[0]) }));
  if (found.values) found.values.data.forEach((value, i) => parts.push(
    element("div", { className: "target", textContent: model.parameters.target_names[i] ?? "" }),
    element("div", { className: "answer", textContent: short(value) })));
  if (found.labels) {
    const own = found.labels.data.map((has, i) => has && (model.parameters.target_names[i] ?? i)).filter(x => x !== false);
    parts.push(element("div", { className: "answer", textContent: own.join(", ") || "none" }));
  }
  const scores = found.probabilities || found.outputs;
  if (scores) parts.push(...bars(scores.data, Boolean(found.probabilities)));
  by("found").replaceChildren(...parts);
}

function bars(scores, areProbabilities) {
  const names = model.parameters.class_names.length ? model.parameters.class_names : model.parameters.target_names;
  const order = scores.map((_, i) => i).sort((a, b) => scores[b] - scores[a]).slice(0, MOST_SHOWN);
  return order.map(i => {
    const bar = element("div", { className: "bar" });
    bar.style.width = areProbabilities ? `${100 * scores[i]}%` : "0";
    return element("div", { className: "row" }, element("span", { textContent: names[i] ?? i }), bar,
      element("span", { textContent: areProbabilities ? `${(100 * scores[i]).toFixed(1)}%` : short(scores[i]) }));
  });
}

function short(value) {
  return String(Number(value.toPrecision(6)));
}

function showRequest() {
  const inputs = (read && read()) || model.inputs.map(({ name, shape, datatype }) => ({ name, shape, datatype, data: [] }));
  const cut = inputs.slice(0, 4).map(tensor => ({ ...tensor, data: tensor.data.slice(0, 8) }));
  const url = `${location.origin}/v2/models/${encodeURIComponent(model.name)}/infer`;
  const body = JSON.stringify({ inputs: cut });
  by("request").textContent = `POST ${url}\nContent-Type: application/json\n\n${body}`;
}

start().catch(error => { by("problem").textContent = error.message; });
