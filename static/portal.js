// What the pages gain with JavaScript. Each part works on markup that is already a working link or form:
//   data-copy="TEXT"         a button that copies TEXT; with data-told="WHAT" that is read out in its place
//   data-save="NAME"         a button that saves the text of the element that it controls as a file of this name
//   #dialog                  shows, as a modal, what a link or form swaps into it; [data-close] closes it
//   data-row                 a card or table row that j and k move between; Enter opens its first link
//   data-key="a"             the control that key `a` presses in the focused row
//   data-select-all="FORM"   a checkbox that chooses all checkboxes of that form; its .bulkbar counts them
//   data-focus               takes the focus when it is swapped in; so does a field with an error
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const dialog = $("#dialog");
const announce = (text) => ($("#announce").textContent = text);

// ---- Copy

async function copy(button) {
  const text = button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyByCommand(text); // over plain HTTP there is no clipboard object
  }
  announce(`Copied ${button.dataset.told ?? text}`);
  button.dataset.copied = "";
  setTimeout(() => delete button.dataset.copied, 1500);
}

function copyByCommand(text) {
  const field = Object.assign(document.createElement("textarea"), { value: text, className: "visually-hidden" });
  const focused = document.activeElement;
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
  focused?.focus({ preventScroll: true });
}

function save(button) {
  const text = document.getElementById(button.getAttribute("aria-controls")).textContent;
  const href = URL.createObjectURL(new Blob([text], { type: "application/yaml" }));
  Object.assign(document.createElement("a"), { href, download: button.dataset.save }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}

// ---- Dialog

function openDialog() {
  const heading = $("h2", dialog);
  if (!heading || dialog.open) return;
  dialog.setAttribute("aria-labelledby", heading.id);
  showKeysSwitch();
  dialog.showModal();
  $("[data-focus]", dialog)?.focus();
}

dialog.addEventListener("click", (event) => {
  if (event.target !== dialog && !event.target.closest("[data-close]")) return;
  event.preventDefault();
  dialog.close();
});
// Emptied, so that no ID stands twice in the page.
dialog.addEventListener("close", () => dialog.replaceChildren());

// ---- Choosing many

function countChosen() {
  for (const bar of $$(".bulkbar")) {
    const all = $("[data-select-all]", bar);
    const form = document.getElementById(all?.dataset.selectAll);
    if (!form) continue;
    const boxes = boxesOf(form);
    const chosen = boxes.filter((box) => box.checked).length;
    all.checked = chosen > 0 && chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
    all.disabled = !boxes.length;
    const count = $("output", bar) ?? document.createElement("output");
    if (!count.isConnected) all.closest("label").after(count);
    count.value = chosen ? `${chosen} chosen` : "";
    bar.toggleAttribute("data-chosen", chosen > 0);
    // A button with a name does not act on what is chosen (“Withdraw all”).
    for (const button of $$("button:not([name])", bar)) button.disabled = !chosen;
  }
}

const boxesOf = (form) => [...form.elements].filter((field) => field.matches("[type=checkbox]:not([data-select-all])"));

function chooseAll(all) {
  for (const box of boxesOf(document.getElementById(all.dataset.selectAll))) box.checked = all.checked;
  countChosen();
}

// ---- Keys

const keysOn = () => {
  try {
    return localStorage.getItem("keys") !== "off";
  } catch {
    return true;
  }
};

function showKeysSwitch() {
  for (const box of $$("[data-keys-switch]")) box.checked = keysOn();
}

function moveToRow(step) {
  const rows = $$("[data-row]");
  const at = rows.indexOf(document.activeElement.closest("[data-row]"));
  const row = rows[at < 0 ? 0 : at + step];
  row?.focus();
  row?.scrollIntoView({ block: "nearest" });
}

function pressKey(event) {
  const { key, target } = event;
  const row = document.activeElement.closest("[data-row]");
  if (key === "j" || key === "k") moveToRow(key === "j" ? 1 : -1);
  else if (key === "/") $("#search")?.focus();
  else if (key === "?") $('[data-key="?"]')?.click();
  else if (key === "x" && row) $("[type=checkbox]", row)?.click();
  else if (key === "Enter" && target === row) $("a[href]", row)?.click();
  else if (/^[a-z]$/.test(key) && row) $(`[data-key="${key}"]`, row)?.click();
  else return;
  event.preventDefault();
}

const isTyping = (element) =>
  element.closest("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio])");

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") return closeMenus(event);
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (dialog.open || isTyping(event.target) || !keysOn()) return;
  pressKey(event);
});

// ---- Menus, messages

function closeMenus(event) {
  for (const menu of $$("details.menu[open]")) {
    if (event.type === "click" && menu.contains(event.target)) continue;
    if (event.type === "keydown" && menu.contains(document.activeElement)) $("summary", menu).focus();
    menu.open = false;
  }
}

function dismiss(button) {
  button.closest(".message").remove();
  $("#main").focus({ preventScroll: true });
}

function tellUnreachable() {
  $("#messages").replaceChildren($("#unreachable").content.cloneNode(true));
  $("#messages").dataset.live = "";
}

document.addEventListener("click", (event) => {
  closeMenus(event);
  const copyButton = event.target.closest("[data-copy]");
  if (copyButton) copy(copyButton);
  const saveButton = event.target.closest("[data-save]");
  if (saveButton) save(saveButton);
  const dismissButton = event.target.closest(".dismiss");
  if (dismissButton) dismiss(dismissButton);
});

document.addEventListener("change", ({ target }) => {
  if (target.matches("[data-select-all]")) chooseAll(target);
  else if (target.matches("[data-keys-switch]")) localStorage.setItem("keys", target.checked ? "on" : "off");
  else if (target.matches("[type=checkbox]")) countChosen();
});

// ---- htmx

const isBadge = (element) => element?.id === "inbox-badge";

document.addEventListener("htmx:beforeRequest", (event) => {
  if (isBadge(event.target) && document.hidden) event.preventDefault();
  // Help shows the keys already.
  if (event.target.dataset.key === "?" && $("#keys")) {
    event.preventDefault();
    location.hash = "keys";
  }
});

// 409 and 422 may come as the part that was acted on; any other refusal is a whole page, of which #error is shown.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.xhr.status < 400) return;
  const error = { shouldSwap: true, target: $("#messages"), selectOverride: "#error", swapOverride: "innerHTML" };
  if (isBadge(detail.requestConfig.elt)) detail.shouldSwap = false; // the next refresh comes in a minute
  else if (detail.serverResponse.includes('id="error"')) Object.assign(detail, error);
  else if (!detail.shouldSwap) tellUnreachable(); // a proxy's page, perhaps
});

for (const failure of ["htmx:sendError", "htmx:timeout"])
  document.addEventListener(failure, (event) => {
    if (!isBadge(event.target)) tellUnreachable();
  });

let settled = [];
document.addEventListener("htmx:afterSettle", (event) => {
  if (!settled.length) queueMicrotask(afterSwap);
  settled.push(event.target);
});

function afterSwap() {
  const fresh = settled.filter((element) => element.isConnected);
  settled = [];
  countChosen();
  if (fresh.some((element) => element.closest("#messages"))) {
    $("#messages").dataset.live = "";
    dialog.close();
  }
  if (fresh.some((element) => element.closest("#dialog"))) return openDialog();
  moveFocus(fresh);
}

// The focus stays where it is, unless the control that was pressed is gone or was answered by something with data-focus.
function moveFocus(fresh) {
  const focused = document.activeElement;
  if (focused !== document.body && isTyping(focused)) return;
  const asks = "[data-focus]:not(:empty), [aria-invalid=true]"; // an empty list of results is not shown
  const wanted = fresh.map((element) => (element.matches(asks) ? element : $(asks, element)));
  const lost = focused === document.body && fresh.find((element) => element.matches("[data-row], section"));
  const next = wanted.find(Boolean) ?? lost;
  if (!next) return;
  if (next.tabIndex < 0) next.tabIndex = -1;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

countChosen();
showKeysSwitch();
// Chosen boxes survive Back, after the scripts have run.
addEventListener("pageshow", countChosen);
