// Where a person writes: the field, the attach menu, the menu of commands, the keyboard that a bot may offer.

import { element, gist, icon } from "./format.js";
import { say } from "./texts.js";

const ATTACH = ["sticker", "photo", "voice", "video", "document", "location", "contact"];

// A button with a menu: arrow keys move, Escape and a click elsewhere close.
export function menu(button, items) {
  const close = () => {
    list.remove();
    button.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside, true);
  };
  const outside = (event) => { if (!list.contains(event.target) && !button.contains(event.target)) close(); };
  const list = element("div", { class: "popover", role: "menu" });
  button.setAttribute("aria-haspopup", "menu");
  button.setAttribute("aria-expanded", "false");
  list.onkeydown = (event) => {
    const entries = [...list.children];
    const at = entries.indexOf(document.activeElement);
    if (event.key === "Escape") { close(); button.focus(); }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { entries[(at + step + entries.length) % entries.length].focus(); event.preventDefault(); }
    if (event.key === "Tab") close();
  };
  button.onclick = () => {
    if (list.isConnected) return close();
    list.replaceChildren(...items().map(({ label, note, picture, run }) => element("button", {
      type: "button", role: "menuitem", class: "entry", onclick: () => { close(); button.focus(); run(); },
    }, picture ? icon(picture) : null, element("span", {}, label, note ? element("small", {}, note) : null))));
    button.parentElement.append(list);
    button.setAttribute("aria-expanded", "true");
    list.firstElementChild?.focus();
    document.addEventListener("pointerdown", outside, true);
  };
}

export class Composer {
  constructor(view) {
    this.view = view;
    this.editing = null;
    this.quoted = null;
    this.field = element("textarea", { rows: 1, maxlength: 4096, enterkeyhint: "send", autocomplete: "off" });
    this.send = element("button", { type: "submit", class: "send" }, icon("send"));
    this.attach = element("button", { type: "button", class: "tool" }, icon("clip"));
    this.commands = element("button", { type: "button", class: "tool commands" }, icon("menu"));
    this.note = element("div", { class: "editing", hidden: true });
    this.form = element("form", { class: "composer" },
      element("span", { class: "holder" }, this.commands), element("div", { class: "field-box" }, this.field),
      element("span", { class: "holder right" }, this.attach), this.send);
    this.keyboard = element("div", { class: "keyboard", hidden: true });
    this.blocked = element("div", { class: "blocked", hidden: true });
    this.root = element("div", { class: "lower" }, this.note, this.blocked, this.form, this.keyboard);
    this.form.onsubmit = (event) => { event.preventDefault(); this.submit(); };
    this.field.onkeydown = (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.submit(); }
      if (event.key === "Escape") this.about(null);
    };
    this.field.oninput = () => this.grow();
    menu(this.attach, () => this.attachments());
    menu(this.commands, () => view.phone.commands.map(({ command, description }) => ({
      label: `/${command}`, note: description, run: () => view.type(`/${command}`),
    })));
  }

  attachments() {
    const items = ATTACH.map((kind) => ({ label: say(kind), picture: kind, run: () => this.view.act("send", { kind }) }));
    items.push({ label: say("otherContact"), picture: "contact", run: () => this.view.act("send", { kind: "contact", own: false }) });
    if (this.view.phone.channel === "telegram") items.push({ label: say("start"), picture: "start", run: () => this.view.act("start", {}) });
    return items;
  }

  async submit() {
    const text = this.field.value.trim();
    if (!text) return;
    const { editing, quoted } = this;
    this.field.value = "";
    this.about(null);
    this.grow();
    if (editing) await this.view.act("edit", { text, message_id: editing.id });
    else if (!(await this.view.type(text, quoted?.id))) this.field.value = text;
  }

  edit(message) {
    this.about(message, "pencil", say("editing"));
    this.editing = message;
    this.field.value = message.text;
    this.grow();
    this.field.focus();
  }

  reply(message) {
    this.about(message, "reply", say("replying"));
    this.quoted = message;
    this.field.focus();
  }

  // The line above the field: the message that is being changed or answered; with null there is none.
  about(message, picture, name) {
    if (this.editing) this.field.value = "";
    this.editing = this.quoted = null;
    this.note.hidden = !message;
    if (!message) return this.grow();
    this.note.replaceChildren(icon(picture), element("span", {}, element("strong", {}, name), element("small", {}, gist(message))),
      element("button", { type: "button", "aria-label": say("cancel"), onclick: () => this.about(null) }, icon("close")));
    return undefined;
  }

  grow() {
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight, 110)}px`;
    this.form.classList.toggle("filled", this.field.value.trim() !== "");
  }

  // Everything that depends on the phone or on the language of the page.
  refresh() {
    const { phone } = this.view;
    this.field.placeholder = phone.keyboard?.placeholder || say("write");
    this.field.setAttribute("aria-label", say("writeTo", { name: phone.name }));
    this.send.setAttribute("aria-label", say("send"));
    this.attach.setAttribute("aria-label", say("attach"));
    this.attach.title = say("attach");
    this.commands.setAttribute("aria-label", say("commands"));
    this.commands.hidden = phone.channel !== "telegram" || !phone.commands?.length;
    this.form.hidden = phone.blocked;
    this.blocked.hidden = !phone.blocked;
    this.blocked.replaceChildren(element("span", {}, say("blocked")),
      element("button", { type: "button", onclick: () => this.view.act("unblock", {}) }, say("unblock")));
    const rows = phone.keyboard?.buttons ?? [];
    this.keyboard.hidden = !rows.length || phone.blocked;
    this.keyboard.replaceChildren(...rows.map((row) => element("div", { class: "button-row" }, ...row.map((button) =>
      element("button", { type: "button", onclick: () => this.view.act("press", { button: button.label }) },
        button.kind === "contact" || button.kind === "location" ? icon(button.kind) : null, element("span", {}, button.label))))));
  }
}
