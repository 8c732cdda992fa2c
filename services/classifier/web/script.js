"use strict";
const FACTS = /* FACTS */ {};
const byId = (id) => document.getElementById(id);
const percent = (share) => (share > 0 && share < 0.001 ? "<0.1" : (100 * share).toFixed(1)) + " %";
let current = null; // the photo that the answer on the page speaks of, and that answer

function show(part) {
  for (const id of ["blank", "wait", "result", "error"]) byId(id).hidden = id !== part;
  byId("answer").scrollIntoView({ block: "nearest" }); // on a phone it is below the photo
}

function fail(sentence) {
  byId("error").textContent = sentence;
  show("error");
}

async function answerOf(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error("The server cannot be reached. Is it running, and are you online?");
  }
  const body = await response.json().catch(() => null);
  if (response.ok && body) return body;
  const sentence = body && body.detail ? body.detail : `The server answered ${response.status}.`;
  throw new Error(sentence);
}

async function classify(photo) {
  if (photo.size > FACTS.maxBytes) {
    current = null;
    return fail(`This photo has ${(photo.size / 2 ** 20).toFixed(1)} MB: choose one of up to ${FACTS.maxBytes / 2 ** 20} MB.`);
  }
  const mine = (current = { photo, answer: null });
  preview(photo);
  show("wait");
  const form = new FormData();
  form.append("photo", photo, "photo");
  try {
    const answer = await answerOf("predict", { method: "POST", body: form });
    if (current !== mine) return; // another photo was chosen meanwhile
    mine.answer = answer;
    render(answer);
  } catch (error) {
    if (current === mine) fail(error.message);
  }
}

function preview(photo) {
  const image = byId("preview");
  URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(photo);
  image.hidden = false;
  image.onerror = () => { image.hidden = true; };
  byId("drop").classList.add("full");
  byId("invite").querySelector("strong").textContent = "Choose another";
}

function render(answer) {
  byId("label").textContent = answer.label;
  byId("sure").textContent = `${percent(answer.confidence)} sure · ${naming(answer.version)}`;
  const rows = Object.entries(answer.probabilities).sort((a, b) => b[1] - a[1]).map(bar);
  byId("bars").replaceChildren(...rows);
  byId("feedback").hidden = !FACTS.keepsFeedback;
  byId("wrong").hidden = false;
  byId("correction").hidden = true;
  byId("wrong").setAttribute("aria-expanded", "false");
  byId("thanks").hidden = true;
  show("result");
  // The gateway may ask another release each time: name the one that gave this answer.
  const { version, digest } = answer;
  if (digest !== told.digest || version !== told.version) tell({ model: told.model, version, digest });
}

function bar([label, share]) {
  const row = document.createElement("li");
  const name = document.createElement("span");
  const track = document.createElement("span");
  const fill = document.createElement("span");
  const number = document.createElement("span");
  name.textContent = label;
  number.textContent = percent(share);
  track.className = "track";
  fill.className = "fill";
  number.className = "share";
  fill.style.width = `${100 * share}%`;
  track.append(fill);
  row.append(name, track, number);
  return row;
}

const naming = (version) => (version === null ? "no version yet" : `model version ${version}`);

function openCorrection() {
  const options = FACTS.labels
    .filter((label) => label !== current.answer.label)
    .map((label) => new Option(label, label));
  byId("right").replaceChildren(new Option("Choose …", ""), ...options);
  byId("correction").hidden = false;
  byId("wrong").setAttribute("aria-expanded", "true");
  byId("right").focus();
}

async function correct(event) {
  event.preventDefault();
  const { photo, answer } = current;
  const form = new FormData();
  form.append("photo", photo, "photo");
  form.append("predicted", answer.label);
  form.append("corrected", byId("right").value);
  if (answer.version !== null) form.append("version", answer.version);
  byId("send").disabled = true;
  const thanks = byId("thanks");
  try {
    const kept = await answerOf("feedback", { method: "POST", body: form });
    thanks.textContent = `Thank you. Kept as ${kept.corrected}, for a later model to learn.`;
    byId("correction").hidden = true;
    byId("wrong").hidden = true;
  } catch (error) {
    thanks.textContent = `This was not kept: ${error.message}`;
  } finally {
    thanks.hidden = false;
    byId("send").disabled = false;
  }
}

function addSamples() {
  for (const { name, url } of FACTS.samples) {
    const button = document.createElement("button");
    const image = document.createElement("img");
    button.type = "button";
    image.src = url;
    image.alt = `Sample: ${name}`;
    button.append(image);
    button.addEventListener("click", async () => classify(await (await fetch(url)).blob()));
    byId("samples").append(button);
  }
}

function fact(term, value) {
  const pair = document.createElement("div");
  const name = document.createElement("dt");
  const text = document.createElement("dd");
  name.textContent = term;
  text.textContent = value;
  pair.append(name, text);
  return pair;
}

let told = {};

function tell(version) {
  told = version;
  byId("served").textContent = naming(version.version);
  const facts = [["model", version.model], ["environment", version.environment],
    ["digest", version.digest], ["commit", version.commit], ["data", version.data_hash]];
  byId("facts").replaceChildren(...facts.filter(([, value]) => value).map((pair) => fact(...pair)));
}

async function tellVersion() {
  try {
    tell(await answerOf("version"));
  } catch {
    byId("served").textContent = "no answer";
  }
}

function takeFiles(files) {
  if (files.length) classify(files[0]);
}

const drop = byId("drop");
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", kind === "dragover");
    if (kind === "drop") takeFiles(event.dataTransfer.files);
  });
}
document.addEventListener("paste", (event) => takeFiles(event.clipboardData.files));
byId("file").addEventListener("change", (event) => {
  takeFiles(event.target.files);
  event.target.value = ""; // so that the same file can be chosen again
});
byId("wrong").addEventListener("click", openCorrection);
byId("correction").addEventListener("submit", correct);
addSamples();
tellVersion();
