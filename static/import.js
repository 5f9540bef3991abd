// The pages that import image data, with JavaScript: the file is sent by tus.js instead of with the form.
//   form#new-image   makes the record; its file is sent as soon as the image's page is there
//   #import          the panel of an image that waits for its data: data-uploads, data-page; where an upload stands,
//                    data-upload, data-name, data-length, data-modified; .sending shows what this page sends
//   [data-drop]      a file control; a file that is dropped anywhere on the page lands in it
//   [data-do]        pause, resume, cancel (asks), forget (does it)
let current = null; // the import that this page sends
let picked = null; // the file of the new image's form

function start(panel, file) {
  const { name, length, modified, upload } = panel.dataset;
  const same = file.name.endsWith(name) && file.size === Number(length) && modified && file.lastModified === Number(modified);
  if (upload && !same)
    return refuse(`This is not the file that is on its way: its name, size or time of last change differs. Choose ${name} of ${size(Number(length))} as it was, or cancel that import first.`);
  showSending(panel, true);
  current = new Import(panel, file, { ended: look, refused: refuse });
  current.run();
}

function showSending(panel, sending) {
  for (const part of $$(":scope > :not(h2, .problem, template)", panel)) part.hidden = part.matches(".sending") !== sending;
}

function refuse(sentence) {
  const panel = $("#import");
  if (current) showChoosing(panel);
  Object.assign($("[data-is=problem]", panel), { textContent: sentence, hidden: false });
  $("[data-drop] input", panel).value = "";
  announce(sentence);
}

function showChoosing(panel) {
  current = null;
  showSending(panel, false);
  delete panel.dataset.state;
  $("h2", panel).textContent = $("h2", panel).dataset.before;
}

// Shows the image's page as it is now, and tells what became of the import.
async function look(told = "") {
  const { page } = $("#import").dataset;
  const done = $("#imported").content.cloneNode(true);
  current = null;
  await htmx.ajax("GET", page, { target: "#main", select: "#main > *", swap: "innerHTML" });
  const panel = $("#import");
  if (!panel && !told) $("#messages").replaceChildren(done);
  const stands = panel && ($(".message", panel) ?? $("h2", panel)).textContent;
  announce(told || stands?.trim().replace(/\s+/g, " ") || "The data is imported, verified and stored.");
  (panel ?? $("#main")).focus({ preventScroll: true });
}

async function forget() {
  const url = current?.url ?? $("#import").dataset.upload;
  dialog.close();
  current?.pause();
  if (url) await ask("DELETE", url).catch(() => {}); // where that fails, the page shows that it stands
  look("The import is cancelled.");
}

function question() {
  dialog.replaceChildren($("#cancel-question").content.cloneNode(true));
  if (current) $("[data-is=name]", dialog).textContent = current.file.name;
  openDialog();
}

const deeds = { pause: () => current?.pause(), resume: () => current?.resume(), cancel: question, forget };

document.addEventListener("click", (event) => {
  const control = event.target.closest("[data-do]");
  if (!control) return;
  event.preventDefault();
  deeds[control.dataset.do]();
});

// ---- A file is chosen or dropped

function choose(input) {
  const [file] = input.files;
  const left = Number(input.dataset.left ?? Infinity);
  const tooMuch = file?.size > left && `${size(file.size)} is more than your quota leaves: ${size(left)}.`;
  const problem = file?.size === 0 ? "This file is empty: choose another one." : tooMuch || "";
  if (input.form.id === "new-image") describe(input, file, problem);
  else if (problem) refuse(problem);
  else if (file) start($("#import"), file);
}

function describe(input, file, problem) {
  const zone = input.closest("[data-drop]");
  const say = (element, text) => {
    element.dataset.empty ??= element.textContent;
    element.textContent = text || element.dataset.empty;
  };
  zone.toggleAttribute("data-filled", Boolean(file));
  say($("[data-is=chosen]", zone), file?.name);
  say($("[data-is=about]", zone), problem || (file && `${size(file.size)}. Choose or drop another file to replace it.`));
  input.setCustomValidity(problem);
  const button = $(".primary [data-with]", input.form);
  say(button, file && button.dataset.with);
  const field = $("#id_name");
  const name = file?.name.replace(/\.(qcow2|img|raw|vmdk|vhdx?|vdi|iso)$/i, "") ?? "";
  if (!field.value || field.value === field.dataset.suggested) field.value = field.dataset.suggested = name;
}

document.addEventListener("change", ({ target }) => {
  if (target.matches("[data-drop] input")) choose(target);
});

for (const type of ["dragover", "dragleave", "drop"])
  document.addEventListener(type, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    const input = $("[data-drop] input");
    input?.closest("[data-drop]").toggleAttribute("data-over", type === "dragover");
    if (type !== "drop" || !input || current) return;
    const one = new DataTransfer();
    one.items.add(event.dataTransfer.files[0]);
    input.files = one.files;
    choose(input);
  });

// ---- The network, leaving, htmx

addEventListener("online", () => current?.state === "waiting" && current.wake());
addEventListener("offline", () => current?.state === "sending" && current.xhr?.abort());
addEventListener("beforeunload", (event) => {
  if (current?.busy) event.preventDefault();
});

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.id === "new-image") picked = $("[data-drop] input").files[0];
  // The panel that looks after itself is not swapped away under what is sent, nor under who is choosing.
  const chooses = event.target !== document.activeElement && event.target.contains(document.activeElement);
  if (event.target.id === "import" && (current || chooses)) event.preventDefault();
});

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.requestConfig.elt.id !== "import" || detail.serverResponse.includes('id="import"')) return;
  detail.shouldSwap = false;
  look();
});

document.addEventListener("htmx:afterSettle", () => {
  const panel = $("#import");
  if (!panel || !picked) return;
  panel.focus({ preventScroll: true });
  start(panel, picked);
  picked = null;
});
