// One message as its app shows it.

import { element, gist, icon, telegram, whatsapp } from "./format.js";
import { current, say } from "./texts.js";

const KINDS = ["voice", "video", "document"];
const PRICED = { marketing: "pricedMarketing", utility: "pricedUtility" };

export function clockTime(ms) {
  return new Intl.DateTimeFormat(current(), { hour: "2-digit", minute: "2-digit", hour12: false }).format(ms);
}

export function day(ms, now) {
  const date = new Date(ms);
  if (date.toDateString() === new Date(now).toDateString()) return say("today");
  return new Intl.DateTimeFormat(current(), { weekday: "long", day: "numeric", month: "long" }).format(date);
}

export function messageNode(message, view) {
  const mine = message.side === "person";
  const kind = message.kind ?? "text";
  const bubble = element("div", { class: `bubble as-${kind}` });
  if (message.replies_to) bubble.append(quote(message, view));
  const body = content(message, view, kind);
  if (body) bubble.append(body);
  if (message.text && kind !== "sticker") {
    const formatted = view.phone.channel === "telegram"
      ? telegram(message.text, message.entities, mine ? null : (command) => view.type(command))
      : whatsapp(message.text);
    bubble.append(element("div", { class: "text" }, ...formatted));
  }
  if (PRICED[message.priced]) bubble.append(element("small", { class: "priced" }, say(PRICED[message.priced])));
  bubble.append(foot(message, mine));
  const node = element("div", { class: `message ${mine ? "mine" : "theirs"}`, "data-id": message.id }, bubble);
  const tools = [replyButton(message, view)];
  if (mine && kind === "text" && view.phone.channel === "telegram") tools.push(editButton(message, view));
  bubble.append(element("span", { class: "asides" }, ...tools));
  const buttons = buttonsNode(message, view);
  if (buttons) node.append(buttons);
  return node;
}

function foot(message, mine) {
  const made = element("span", { class: "foot" });
  if (message.edited) made.append(element("span", {}, `${say("edited")} `));
  made.append(element("time", { datetime: new Date(message.time).toISOString() }, clockTime(message.time)));
  if (mine) {
    const state = message.ticks ?? "sent";
    const name = state === "sent" ? "tick" : "ticks";
    made.append(element("span", { class: `ticks ${state}`, role: "img", "aria-label": say(state) }, icon(name)));
  }
  return made;
}

// The message that this one answers; a click goes there.
function quote(message, view) {
  const quoted = view.phone.chat.find((one) => one.id === message.replies_to);
  const author = quoted?.side === "person" ? view.phone.name : view.bot.name;
  return element("button", { type: "button", class: "quoted", onclick: () => view.find(message.replies_to)?.scrollIntoView({ block: "center" }) },
    element("strong", {}, author), element("span", {}, quoted ? gist(quoted) : "…"));
}

function replyButton(message, view) {
  return element("button", {
    type: "button", class: "aside", "aria-label": say("reply"), title: say("reply"), onclick: () => view.composer.reply(message),
  }, icon("reply"));
}

function editButton(message, view) {
  return element("button", {
    type: "button", class: "aside", "aria-label": say("edit"), title: say("edit"), onclick: () => view.composer.edit(message),
  }, icon("pencil"));
}

function content(message, view, kind) {
  const media = message.media;
  if (kind === "sticker") return element("div", { class: "sticker-art", role: "img", "aria-label": say("sticker") }, icon("sticker"));
  if (kind === "photo" && media) return element("img", { class: "picture", src: media.url, alt: say("photo"), loading: "lazy" });
  if (kind === "voice") return voice();
  if (KINDS.includes(kind)) {
    return element("div", { class: "attachment" }, element("span", { class: "disc" }, icon(kind)), element("span", { class: "attachment-name" }, media?.name ?? say(kind)));
  }
  if (kind === "location" && message.location) {
    const { latitude, longitude } = message.location;
    const place = `${latitude.toFixed(4)}, ${longitude.toFixed(4)}`;
    return element("div", { class: "map", role: "img", "aria-label": `${say("location")}: ${place}` }, icon("location"), element("span", {}, place));
  }
  if (kind === "contact" && message.contact) {
    return element("div", { class: "attachment" }, element("span", { class: "disc" }, icon("contact")),
      element("span", { class: "attachment-name" }, element("strong", {}, message.contact.name), element("small", {}, message.contact.number)));
  }
  return null;
}

function voice() {
  const wave = element("span", { class: "wave", "aria-hidden": "true" });
  for (let i = 0; i < 28; i += 1) {
    const bar = element("i");
    bar.style.height = `${4 + Math.abs(Math.sin(i * 1.7) + Math.sin(i * 0.6)) * 8}px`;
    wave.append(bar);
  }
  return element("div", { class: "voice-note", role: "img", "aria-label": say("voice") }, element("span", { class: "disc" }, icon("start")), wave, element("small", {}, "0:04"));
}

function buttonsNode(message, view) {
  const rows = message.buttons ?? [];
  if (!rows.length) return null;
  if (message.list_title) {
    return element("div", { class: "replies" },
      element("button", { type: "button", class: "reply", onclick: () => view.openList(message) }, icon("list"), message.list_title));
  }
  const whatsappStyle = view.phone.channel === "whatsapp";
  return element("div", { class: whatsappStyle ? "replies" : "inline" }, ...rows.map((row) =>
    element("div", { class: "button-row" }, ...row.map((button) => buttonNode(button, message, view, whatsappStyle)))));
}

function buttonNode(button, message, view, whatsappStyle) {
  if (button.kind === "url") {
    const safe = /^(https?|tg|mailto|tel):/i.test(button.data) ? button.data : null;
    return element("a", { class: "button", href: safe, target: "_blank", rel: "noopener noreferrer" }, button.label);
  }
  const made = element("button", { type: "button", class: whatsappStyle ? "reply" : "button" },
    whatsappStyle ? icon("reply") : null, element("span", {}, button.label));
  made.onclick = () => view.press(button, message, made);
  return made;
}
