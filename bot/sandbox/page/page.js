// The page: keeps up with the sandbox, and lays the phones out.

import { element } from "./format.js";
import { PhoneView, initials, tint } from "./phone.js";
import { NAMES, choose, current, say } from "./texts.js";

const views = new Map();
let shown = null;
let events = null;
let offset = 0;
let bot = { name: "Pijar" };
const byId = (id) => document.getElementById(id);

export async function control(path, body) {
  const answer = await fetch(`/control/${path}`, body === undefined
    ? {}
    : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const content = await answer.json();
  if (!answer.ok) throw new Error(content.message);
  return content;
}

function remember(name, value) {
  try { localStorage.setItem(`pijar.${name}`, value); } catch { /* a browser may forbid it */ }
}

function recall(name) {
  try { return localStorage.getItem(`pijar.${name}`); } catch { return null; }
}

// Keeping up

async function load() {
  const state = await control("phones");
  offset = state.now - Date.now();
  for (const view of views.values()) view.remove();
  views.clear();
  byId("phones").replaceChildren();
  bot = state.bot;
  for (const phone of state.phones) add(phone);
  arrange();
  tick();
  follow(state.seq);
}

function add(phone) {
  if (phone.kind === "group") return null;
  const view = new PhoneView(phone, { control, now: () => Date.now() + offset, bot });
  views.set(phone.id, view);
  byId("phones").append(view.root);
  view.opened();
  return view;
}

function follow(seq) {
  events?.close();
  events = new EventSource(`/control/events?after=${seq}`);
  events.onopen = () => { byId("link").textContent = ""; };
  events.onerror = () => { byId("link").textContent = say("link"); };
  events.onmessage = (event) => hear(JSON.parse(event.data));
}

function hear(news) {
  if (news.kind === "reset") return void load();
  if (news.kind === "clock") {
    offset = news.message.now - Date.now();
    return void tick();
  }
  if (news.kind === "commands") return later();
  const view = views.get(news.phone);
  if (news.kind === "phone") {
    if (view) view.refresh(news.message);
    else if (add({ commands: [], chat: [], ...news.message })) {
      arrange();
      later();
    }
    return;
  }
  view?.hear(news.kind, news.message);
  if (news.kind === "message" && news.message.side === "bot" && news.phone !== shown) {
    byId(`tab-${news.phone}`)?.classList.add("fresh");
  }
}

// A bot that starts sets its commands in several languages: one look after the last is enough.
let looking = 0;

function later() {
  clearTimeout(looking);
  looking = setTimeout(async () => {
    for (const [id, found] of Object.entries(await control("commands"))) views.get(id)?.setCommands(found);
  }, 60);
}

// Laying out

function arrange() {
  if (!views.has(shown)) shown = views.keys().next().value ?? null;
  const empty = element("p", { class: "nothing" }, say("noPhones"));
  const main = byId("phones");
  main.querySelector(".nothing")?.remove();
  if (!views.size) main.append(empty);
  byId("tabs").replaceChildren(...[...views.values()].map(tab));
  select(shown);
}

function tab(view) {
  const { id, name, channel } = view.phone;
  const face = element("span", { class: "face", "aria-hidden": "true" }, initials(name));
  face.style.setProperty("--tint", tint(id));
  return element("button", {
    type: "button", role: "tab", id: `tab-${id}`, class: `tab ${channel}`, "aria-controls": `phone-${id}`, title: name,
    onclick: () => select(id),
    onkeydown: (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const ids = [...views.keys()];
      const next = ids[(ids.indexOf(id) + step + ids.length) % ids.length];
      select(next);
      byId(`tab-${next}`).focus();
    },
  }, face, element("span", { class: "tab-name" }, name));
}

function select(id) {
  shown = id;
  for (const view of views.values()) {
    const mine = view.phone.id === id;
    const its = byId(`tab-${view.phone.id}`);
    view.root.classList.toggle("shown", mine);
    its?.setAttribute("aria-selected", String(mine));
    its?.setAttribute("tabindex", mine ? "0" : "-1");
    if (mine) {
      its?.classList.remove("fresh");
      its?.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  }
  // Only now is it alone, and as wide as it stays.
  views.get(id)?.opened();
}

// The bar

function words() {
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = say(node.dataset.text);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", say(node.dataset.label));
  byId("add").setAttribute("aria-label", say("addLabel"));
  for (const node of document.querySelectorAll("[data-language]")) {
    node.setAttribute("aria-pressed", String(node.dataset.language === current()));
  }
  for (const view of views.values()) view.words();
  const nothing = document.querySelector(".nothing");
  if (nothing) nothing.textContent = say("noPhones");
  tick();
}

function tick() {
  const now = new Date(Date.now() + offset);
  const format = new Intl.DateTimeFormat(current(), { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false });
  byId("now").textContent = format.format(now).replace(/ pukul | at /, " ");
  byId("now").dateTime = now.toISOString();
  for (const view of views.values()) view.tick();
}

function theme(wanted) {
  document.documentElement.dataset.theme = wanted;
  byId("theme").querySelector("use").setAttribute("href", wanted === "dark" ? "#i-sun" : "#i-moon");
  byId("theme").setAttribute("aria-pressed", String(wanted === "dark"));
}

function bar() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const preferred = () => recall("theme") ?? (dark.matches ? "dark" : "light");
  theme(preferred());
  dark.addEventListener("change", () => theme(preferred()));
  byId("theme").onclick = () => {
    const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    remember("theme", next);
    theme(next);
  };
  for (const button of document.querySelectorAll("[data-language]")) {
    button.onclick = () => {
      choose(button.dataset.language);
      remember("language", current());
      words();
    };
  }
  for (const button of document.querySelectorAll("[data-advance]")) {
    button.onclick = () => control("clock", { advance: Number(button.dataset.advance) });
  }
}

function newPhone() {
  const dialog = byId("new");
  const form = byId("new-form");
  const hidden = form.elements.hidden_number;
  const fits = () => { hidden.closest("label").hidden = form.elements.channel.value !== "whatsapp"; };
  byId("add").onclick = () => {
    const taken = new Set([...views.values()].map((view) => view.phone.name));
    form.elements.name.value = NAMES.find((name) => !taken.has(name)) ?? "";
    fits();
    dialog.showModal();
    form.elements.name.select();
  };
  form.onchange = fits;
  byId("new-cancel").onclick = () => dialog.close();
  dialog.onclick = (event) => { if (event.target === dialog) dialog.close(); };
  form.onsubmit = async (event) => {
    event.preventDefault();
    const channel = form.elements.channel.value;
    const body = { channel, name: form.elements.name.value.trim(), language_code: form.elements.language_code.value || null };
    if (channel === "whatsapp") body.hidden_number = hidden.checked;
    const made = await control("phones", body);
    dialog.close();
    if (!views.has(made.id)) {
      add(made);
      arrange();
    }
    select(made.id);
    const view = views.get(made.id);
    view.root.scrollIntoView({ behavior: "smooth", inline: "center", block: "nearest" });
    view.focus();
  };
}

choose(recall("language") ?? "id");
bar();
newPhone();
words();
setInterval(tick, 1000);
load().catch(() => {
  byId("link").textContent = say("link");
  setTimeout(() => location.reload(), 2000);
});
document.addEventListener("keydown", (event) => {
  if (event.altKey && /^[1-9]$/.test(event.key)) {
    const id = [...views.keys()][Number(event.key) - 1];
    if (id) {
      select(id);
      views.get(id).focus();
      event.preventDefault();
    }
  }
});
