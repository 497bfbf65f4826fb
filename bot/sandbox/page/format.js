// Text with formatting, as nodes. Whatever people wrote goes in as text nodes only.

import { say } from "./texts.js";

const LINK = /https?:\/\/[^\s<>"“”]+[^\s<>"“”’.,;:!?)\]]/g;
const TAGS = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote", spoiler: "span",
};

const BLOCKS = ["pre", "blockquote"];

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "class") made.className = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

export function icon(name, extra = "") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", `icon ${extra}`.trim());
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

// A message in one line, for where it is quoted.
export function gist(message) {
  const kind = message.kind ?? "text";
  const words = (message.text ?? "").replace(/\u2060/g, "").replace(/(^|[\s(])[*_~]+(?=\S)|(?<=\S)[*_~]+(?=$|[\s).,:;!?])/g, "$1").replace(/\s+/g, " ").trim();
  return words && kind !== "sticker" ? words.slice(0, 140) : say(kind);
}

function anchor(url, ...children) {
  return /^(https?|tg|mailto|tel):/i.test(url)
    ? element("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, ...children)
    : element("span", {}, ...children);
}

// Plain text with its links; `command` turns /words into buttons that send them.
function plain(text, command) {
  const nodes = [];
  const pattern = command ? new RegExp(`${LINK.source}|(?<![\\w/])/[A-Za-z0-9_]{1,32}\\b`, "g") : new RegExp(LINK.source, "g");
  let last = 0;
  for (const match of text.matchAll(pattern)) {
    nodes.push(text.slice(last, match.index));
    nodes.push(match[0].startsWith("/")
      ? element("button", { type: "button", class: "command", onclick: () => command(match[0]) }, match[0])
      : anchor(match[0], match[0]));
    last = match.index + match[0].length;
  }
  nodes.push(text.slice(last));
  return nodes;
}

// Telegram: entities by UTF-16 offset, which is how JavaScript counts too.
export function telegram(text, entities, command) {
  const sorted = [...(entities ?? [])].sort((a, b) => a.offset - b.offset || b.length - a.length);
  const build = (from, to, inner) => {
    const nodes = [];
    let at = from;
    const until = (end) => plain(text.slice(at, end), command);
    while (inner.length) {
      const entity = inner.shift();
      const end = Math.min(entity.offset + entity.length, to);
      if (entity.offset < at) continue;
      nodes.push(...until(entity.offset));
      const within = [];
      while (inner.length && inner[0].offset < end) within.push(inner.shift());
      nodes.push(wrap(entity, build(entity.offset, end, within)));
      // a block ends its own line
      at = BLOCKS.includes(TAGS[entity.type]) && text[end] === "\n" ? end + 1 : end;
    }
    nodes.push(...until(to));
    return nodes;
  };
  const wrap = (entity, children) => {
    if (entity.type === "text_link") return anchor(entity.url, ...children.map((c) => c.textContent ?? c));
    if (entity.type === "bot_command" || !(entity.type in TAGS)) return element("span", {}, ...children);
    return element(TAGS[entity.type], { class: entity.type === "spoiler" ? "spoiler" : null }, ...children);
  };
  return build(0, text.length, sorted);
}

// WhatsApp: *bold* _italic_ ~strike~ `code` ```block```, lists and quotes at the start of a line; a word joiner behind
// a sign takes its meaning away.
const MARKS = { "*": "strong", _: "em", "~": "s" };

export function whatsapp(text) {
  const nodes = [];
  text.split(/```([\s\S]+?)```/).forEach((part, index) => {
    if (index % 2) nodes.push(element("code", { class: "block" }, part));
    else nodes.push(...lines(index ? part.replace(/^\n/, "") : part));
  });
  return nodes;
}

function lines(text) {
  const nodes = [];
  let block = false;
  text.split("\n").forEach((line, index) => {
    if (index && !block) nodes.push("\n");
    const bullet = /^[-*] (.+)$/.exec(line);
    const quote = /^> (.+)$/.exec(line);
    block = Boolean(quote);
    if (bullet) nodes.push(element("span", { class: "bullet" }, ...inline(bullet[1])));
    else if (quote) nodes.push(element("span", { class: "quote" }, ...inline(quote[1])));
    else nodes.push(...inline(line));
  });
  return nodes;
}

function inline(text) {
  const match = /(?<![\p{L}\p{N}])(?:`([^`]+)`|([*_~])(?=[^\s\u2060])((?:(?!\2).)*?\S)\2)(?![\p{L}\p{N}])/u.exec(text);
  if (!match) return plain(text);
  const inner = match[1] !== undefined
    ? element("code", {}, match[1])
    : element(MARKS[match[2]], {}, ...inline(match[3]));
  return [...plain(text.slice(0, match.index)), inner, ...inline(text.slice(match.index + match[0].length))];
}
