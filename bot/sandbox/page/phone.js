// One phone: the bar of its app, the conversation, and what comes over it.

import { Composer, menu } from "./composer.js";
import { element, icon } from "./format.js";
import { day, messageNode } from "./message.js";
import { say } from "./texts.js";

// "Peserta 01" is told apart by its number, "Siti Aminah" by her letters.
export const initials = (name) => (/\d+$/.exec(name) ?? [name.split(/\s+/).filter((word) => /^\D/.test(word)).slice(0, 2).map((word) => [...word][0].toUpperCase()).join("")])[0];

const TINTS = ["#b4573f", "#3f7a6e", "#5a6fa8", "#8a5a94", "#a3762c", "#4d8a4a", "#a84f6d", "#3d7f9c"];

export const tint = (id) => TINTS[Number(id.slice(1)) % TINTS.length];

export class PhoneView {
  constructor(phone, { control, now, bot }) {
    this.phone = phone;
    this.control = control;
    this.now = now;
    this.bot = bot;
    this.composer = new Composer(this);
    this.more = element("button", { type: "button", class: "tool" }, icon("more"));
    this.state = element("span", { class: "state" });
    this.log = element("div", { class: "log", role: "log", "aria-live": "polite", tabindex: 0 });
    this.empty = element("p", { class: "empty" });
    this.begin = element("button", { type: "button", class: "begin", onclick: () => this.act("start", {}) });
    this.over = element("div", { class: "over", role: "status" });
    this.down = element("button", { type: "button", class: "down", hidden: true, onclick: () => this.bottom() }, icon("down"));
    this.face = element("span", { class: "face", "aria-hidden": "true" }, initials(phone.name));
    this.face.style.setProperty("--tint", tint(phone.id));
    this.title = element("h2", { class: "who", title: phone.name }, phone.name);
    this.detail = element("p", { class: "detail" });
    this.root = this.build();
    menu(this.more, () => this.choices());
    this.log.onscroll = () => { this.down.hidden = this.near(); };
    // A picture is as high as it is only once it is here.
    this.log.addEventListener("load", () => { if (this.down.hidden) this.bottom(); }, true);
    for (const message of phone.chat) this.put(message);
    this.words();
  }

  build() {
    const { phone } = this;
    const caption = element("header", { class: "caption" }, this.face, element("div", { class: "caption-text" }, this.title, this.detail));
    const screen = element("div", { class: `screen ${phone.channel}` },
      element("div", { class: "appbar" },
        element("span", { class: "botface", "aria-hidden": "true" }, icon("flame")),
        element("div", { class: "appname" }, element("strong", {}, this.bot.name), this.state),
        element("span", { class: "holder right below" }, this.more)),
      element("div", { class: "talk" }, this.log, this.down, this.over), this.composer.root);
    return element("section", { class: "phone", id: `phone-${phone.id}`, role: "tabpanel", "aria-labelledby": `tab-${phone.id}` }, caption, screen);
  }

  choices() {
    const blocked = this.phone.blocked;
    return [
      { label: say(blocked ? "unblock" : "block"), picture: "lock", run: () => this.act(blocked ? "unblock" : "block", {}) },
      { label: say("again"), picture: "reply", run: () => this.act("redeliver", {}) },
    ];
  }

  // What the person does

  async act(action, body) {
    try {
      await this.control(`phones/${this.phone.id}/${action}`, body);
      return true;
    } catch {
      this.toast({ text: say("unsent") });
      return false;
    }
  }

  type(text, quoted) {
    return this.act("type", quoted ? { text, replies_to: quoted } : { text });
  }

  press(button, message, node) {
    if (button.kind === "copy") return void navigator.clipboard?.writeText(button.data);
    node.classList.add("waiting");
    setTimeout(() => node.classList.remove("waiting"), 4000);
    this.act("press", { button: button.data || button.label, message_id: message.id });
  }

  openList(message) {
    const close = () => sheet.remove();
    const rows = message.buttons.flat().map((button) => element("button", {
      type: "button", class: "list-row", onclick: () => { close(); this.act("press", { button: button.data, message_id: message.id }); },
    }, element("strong", {}, button.label), button.description ? element("small", {}, button.description) : null));
    const shut = element("button", { type: "button", class: "tool", "aria-label": say("close"), onclick: close }, icon("close"));
    const sheet = element("div", { class: "sheet", role: "dialog", "aria-label": message.list_title },
      element("div", { class: "sheet-title" }, shut, element("strong", {}, message.list_title)), ...rows);
    sheet.onkeydown = (event) => { if (event.key === "Escape") close(); };
    this.over.parentElement.append(sheet);
    rows[0]?.focus();
  }

  // What the sandbox tells

  hear(kind, message) {
    if (kind === "toast") return this.toast(message);
    if (kind === "typing") {
      this.phone.typing_until = message.until;
      return this.tick();
    }
    if (kind === "delete") {
      this.find(message.id)?.remove();
      this.phone.chat = this.phone.chat.filter((known) => known.id !== message.id);
      return undefined;
    }
    return this.put(message);
  }

  find(id) {
    return [...this.log.children].findLast((node) => node.dataset.id === id);
  }

  put(message) {
    const stay = this.near() || message.side === "person";
    const old = this.find(message.id);
    const node = messageNode(message, this);
    if (old) old.replaceWith(node);
    else {
      this.separate(message);
      this.log.append(node);
      if (!this.phone.chat.includes(message)) this.phone.chat.push(message);
      if (message.side === "bot") {
        this.answered();
        this.phone.typing_until = 0;
        this.tick();
      }
    }
    if (old) this.phone.chat = this.phone.chat.map((known) => (known.id === message.id ? message : known));
    this.greet();
    if (stay) this.bottom();
    else this.down.hidden = false;
    while (this.log.childElementCount > 400) this.log.firstElementChild.remove();
  }

  separate(message) {
    const last = this.lastTime;
    this.lastTime = message.time;
    if (last && new Date(last).toDateString() === new Date(message.time).toDateString()) return;
    const label = element("div", { class: "day", "data-time": message.time }, element("span", {}, day(message.time, this.now())));
    this.log.append(label);
  }

  // No button waits for an answer any more.
  answered() {
    for (const node of this.log.querySelectorAll(".waiting")) node.classList.remove("waiting");
  }

  toast({ text, alert }) {
    this.answered();
    if (!text) return;
    const note = element("div", { class: alert ? "alert" : "toast" }, element("span", {}, text));
    if (alert) note.append(element("button", { type: "button", onclick: () => note.remove() }, say("ok")));
    else setTimeout(() => note.remove(), 3500);
    this.over.replaceChildren(note);
  }

  refresh(summary) {
    Object.assign(this.phone, summary);
    this.composer.refresh();
    this.root.classList.toggle("is-blocked", this.phone.blocked);
    this.tick();
  }

  setCommands(commands) {
    this.phone.commands = commands;
    this.composer.refresh();
  }

  // Looks

  words() {
    const { phone } = this;
    const stay = this.near();
    const channel = phone.channel === "telegram" ? "Telegram" : "WhatsApp";
    const number = phone.channel === "whatsapp" ? (phone.hidden_number ? say("hiddenNumber") : phone.number) : null;
    const language = { id: "Bahasa Indonesia", en: "English" }[phone.language_code];
    const note = number ?? language;
    this.detail.textContent = [phone.label, channel, note].filter(Boolean).join(" · ");
    this.detail.title = this.detail.textContent;
    this.log.setAttribute("aria-label", say("talk", { name: phone.name }));
    this.more.setAttribute("aria-label", say("more"));
    this.down.setAttribute("aria-label", say("down"));
    for (const message of phone.chat) this.find(message.id)?.replaceWith(messageNode(message, this));
    this.days();
    this.composer.refresh();
    this.greet();
    this.tick();
    if (stay) this.bottom();
  }

  greet() {
    const { phone } = this;
    const bare = !phone.chat.length;
    this.empty.replaceChildren(phone.channel === "whatsapp" ? icon("lock") : "", say(phone.channel === "telegram" ? "emptyTelegram" : "emptyWhatsapp"));
    this.begin.textContent = say("begin");
    if (bare) {
      this.log.append(this.empty);
      if (phone.channel === "telegram") this.log.append(this.begin);
    } else {
      this.begin.remove();
      if (phone.channel === "telegram") this.empty.remove();
      else this.log.prepend(this.empty);
    }
  }

  days() {
    this.today = new Date(this.now()).toDateString();
    for (const label of this.log.querySelectorAll(".day")) label.firstChild.textContent = day(Number(label.dataset.time), this.now());
  }

  tick() {
    if (this.today !== new Date(this.now()).toDateString()) this.days();
    const typing = this.phone.typing_until > this.now();
    const text = typing ? say("typing") : say(this.phone.channel === "telegram" ? "bot" : "business");
    if (this.state.textContent !== text) this.state.textContent = text;
    this.state.classList.toggle("typing", typing);
    const dots = this.log.querySelector(".dots");
    if (typing && !dots) {
      const stay = this.near();
      this.log.append(element("div", { class: "message theirs dots", "aria-hidden": "true" },
        element("div", { class: "bubble" }, element("i"), element("i"), element("i"))));
      if (stay) this.bottom();
    }
    if (!typing) dots?.remove();
  }

  near() {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 80;
  }

  bottom() {
    this.log.scrollTop = this.log.scrollHeight;
    this.down.hidden = true;
  }

  opened() {
    this.bottom();
    this.composer.grow();
  }

  focus() {
    this.composer.field.focus({ preventScroll: true });
  }

  remove() {
    this.root.remove();
  }
}
