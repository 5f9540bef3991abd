// Sends one file to one image by tus 1.0.0, and keeps the import panel up to date: what arrived, how fast, how long still.
// After an interruption it asks how far it got and goes on there. Loaded with import.js, after portal.js.
const STALLED = 30_000; // ms without a byte, after which the connection is given up
const WAITS = [1, 2, 4, 8, 15, 30]; // s
const PASSING = [0, 408, 409, 429, 500, 502, 503, 504]; // statuses of trouble that may pass; 0: no answer
const ENDED = [404, 410, 422]; // stored, cancelled or refused: the image's page tells which
const TITLES = {
  sending: "Importing its data",
  paused: "The import is paused",
  waiting: "The connection broke",
  stopped: "The import stopped",
  verifying: "Verifying its data",
};

function size(bytes) {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  const unit = Math.min(Math.floor(Math.log2(bytes || 1) / 10), units.length - 1);
  return unit ? `${(bytes / 1024 ** unit).toFixed(1)} ${units[unit]}` : `${bytes} bytes`;
}

function duration(seconds) {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const base64 = (text) => btoa(String.fromCodePoint(...new TextEncoder().encode(text)));

class Failure extends Error {
  constructor(status, type = "", text = "") {
    const known = { 0: "The portal did not answer.", 401: "Your session ended. Sign in in another tab, then go on." };
    const told = type?.startsWith("text/plain") && text;
    super(known[status] ?? (told || `The portal answered with an error (${status}). Go on, or reload this page.`));
    this.status = status;
  }
}

const tusHeaders = () => ({ "Tus-Resumable": "1.0.0", ...JSON.parse(document.body.getAttribute("hx-headers")) });

async function ask(method, url, headers = {}) {
  const asked = { method, headers: { ...tusHeaders(), ...headers }, signal: AbortSignal.timeout(STALLED) };
  const answer = await fetch(url, asked).catch(() => Promise.reject(new Failure(0)));
  const text = await answer.text();
  if (!answer.ok) throw new Failure(answer.status, answer.headers.get("Content-Type"), text);
  return answer.headers;
}

// Signing in again changed the token that this page was made with.
async function renewToken(page) {
  const fresh = new DOMParser().parseFromString(await (await fetch(page)).text(), "text/html");
  const headers = fresh.body.getAttribute("hx-headers");
  if (headers) document.body.setAttribute("hx-headers", headers);
}

class Import {
  // `ended` is called once the portal has nothing more to take: the image's page tells how it ended.
  // `refused` is called with a sentence where it takes nothing of this file.
  constructor(panel, file, { ended, refused }) {
    Object.assign(this, { panel, file, ended, refused, url: panel.dataset.upload, sent: 0, rate: 0, tries: 0 });
    this.pageTitle = document.title;
    this.tell("name", file.name);
  }

  tell(what, text) {
    const place = $(`[data-is=${what}]`, this.panel);
    Object.assign(place, { textContent: text, hidden: !text });
  }

  show(state, problem = "") {
    this.state = this.panel.dataset.state = state;
    const title = $("h2", this.panel);
    title.dataset.before ??= title.textContent;
    title.textContent = TITLES[state];
    this.tell("problem", problem);
    if (state === "sending") return;
    this.tell("pace", "");
    if (state === "verifying") $("progress", this.panel).removeAttribute("value");
    announce(`${TITLES[state]}. ${problem}`);
  }

  get busy() {
    return ["sending", "waiting", "verifying"].includes(this.state);
  }

  async run() {
    const turn = (this.turn = {}); // of two runs, as after a quick pause, the later one goes on
    if (!this.url) announce(`Importing ${this.file.name}, ${size(this.file.size)}.`);
    this.show("sending");
    while (this.turn === turn && this.state === "sending") {
      try {
        this.url ??= await this.begin();
        const headers = await ask("HEAD", this.url);
        if (this.turn !== turn || this.state !== "sending") return;
        await this.send(Number(headers.get("Upload-Offset")));
        this.state = "ended";
        this.ended();
      } catch (failure) {
        if (this.turn === turn) await this.survive(failure);
      }
    }
  }

  async begin() {
    const metadata = `filename ${base64(this.file.name)},modified ${base64(String(this.file.lastModified))}`;
    const headers = { "Upload-Length": this.file.size, "Upload-Metadata": metadata };
    return (await ask("POST", this.panel.dataset.uploads, headers)).get("Location");
  }

  async send(offset) {
    const rest = this.file.slice(offset);
    await rest.slice(0, 1).arrayBuffer(); // throws where the file cannot be read any more
    this.progress(offset, true);
    return new Promise((resolve, reject) => {
      const xhr = (this.xhr = new XMLHttpRequest());
      const watch = () => {
        clearTimeout(this.stalled);
        this.stalled = setTimeout(() => xhr.abort(), STALLED);
      };
      xhr.open("PATCH", this.url);
      const headers = { ...tusHeaders(), "Upload-Offset": offset, "Content-Type": "application/offset+octet-stream" };
      for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
      xhr.upload.onprogress = ({ loaded }) => (watch(), this.progress(offset + loaded));
      xhr.upload.onload = () => (clearTimeout(this.stalled), this.show("verifying"));
      xhr.onerror = xhr.onabort = () => reject(new Failure(0));
      xhr.onload = () => {
        if (Number(xhr.getResponseHeader("Upload-Offset")) === this.file.size) resolve();
        else if (xhr.status < 300) reject(new Failure(0));
        else reject(new Failure(xhr.status, xhr.getResponseHeader("Content-Type"), xhr.responseText));
      };
      xhr.onloadend = () => clearTimeout(this.stalled);
      watch();
      xhr.send(rest);
    });
  }

  progress(sent, anew = false) {
    const now = performance.now();
    const since = (now - this.at) / 1000;
    if (!anew && since < 0.3 && sent < this.file.size) return;
    if (!anew) {
      this.tries = 0;
      const rate = (sent - this.sent) / since;
      this.rate = this.rate ? 0.8 * this.rate + 0.2 * rate : rate;
    }
    const before = Math.floor((10 * this.sent) / this.file.size);
    Object.assign(this, { sent, at: now });
    const percent = Math.floor((100 * sent) / this.file.size);
    const left = !anew && this.rate > 0 ? `${duration((this.file.size - sent) / this.rate)} left` : "";
    Object.assign($("progress", this.panel), { max: this.file.size, value: sent });
    this.tell("percent", `${percent} %`);
    this.tell("bytes", `${size(sent)} of ${size(this.file.size)}`);
    this.tell("pace", left && `${size(Math.round(this.rate))}/s, ${left}`);
    document.title = `${percent} % · ${this.pageTitle}`;
    if (left && percent < 100 && Math.floor(percent / 10) > before) announce(`${percent} % arrived, ${left}`);
  }

  // What follows a failure: nothing where it was paused, another try, or a sentence.
  async survive(failure) {
    if (!this.busy) return;
    if (failure instanceof DOMException)
      return this.show("stopped", "The file changed or cannot be read any more. Reload this page and choose it again.");
    if (!(failure instanceof Failure)) throw failure;
    const { status, message } = failure;
    const over = ENDED.includes(status) || (status === 409 && this.sent === this.file.size);
    if (this.url && over) {
      this.state = "ended";
      this.ended();
    } else if (!this.url && status) {
      this.state = "refused";
      document.title = this.pageTitle;
      this.refused(message);
    } else if (PASSING.includes(status)) await this.wait();
    else this.show("stopped", message);
  }

  async wait() {
    const seconds = WAITS[Math.min(this.tries++, WAITS.length - 1)];
    const again = navigator.onLine ? `Trying again in ${seconds} s.` : "The import goes on as soon as this device is online.";
    this.show("waiting", `What arrived is safe. ${again}`);
    await new Promise((resolve) => {
      this.wake = resolve;
      if (navigator.onLine) setTimeout(resolve, seconds * 1000);
    });
    if (this.state === "waiting") this.show("sending");
  }

  pause() {
    this.show("paused", "What arrived is safe. It goes on from there, also after a reload.");
    this.xhr?.abort();
    this.wake?.();
  }

  async resume() {
    if (this.state === "waiting") return this.wake();
    if (this.state === "stopped") await renewToken(this.panel.dataset.page).catch(() => {});
    this.run();
  }
}
