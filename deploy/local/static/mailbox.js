// Three conveniences; every page works without them.
"use strict";

// 1. Beside a wide page the addresses are always open.
const addresses = document.getElementById("addresses");
const wide = matchMedia("(min-width: 60rem)");
const openWhenWide = () => { addresses.open = wide.matches; };
openWhenWide();
wide.addEventListener("change", openWhenWide);

// 2. A mail's frame is as high as the mail.
const frame = document.querySelector("iframe.paper");
if (frame) {
  const fit = () => {
    const page = frame.contentDocument;
    if (!page || !page.body) return;
    frame.style.height = "0";
    frame.style.height = `${Math.max(120, page.documentElement.scrollHeight + 4)}px`;
  };
  frame.addEventListener("load", fit);
  addEventListener("resize", fit);
  if (frame.contentDocument && frame.contentDocument.readyState === "complete") fit();
}

// 3. New mails appear by themselves in lists.
const swap = (fresh, selector) => {
  const here = document.querySelector(selector);
  const there = fresh.querySelector(selector);
  if (here && there) here.replaceWith(document.adoptNode(there));
};
const look = async () => {
  const { latest } = await (await fetch(document.body.dataset.watch)).json();
  if (latest === document.body.dataset.latest) return;
  const fresh = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
  document.body.dataset.latest = latest;
  const scrolled = document.querySelector("#addresses ul").scrollTop;
  swap(fresh, "#addresses ul");
  document.querySelector("#addresses ul").scrollTop = scrolled;
  swap(fresh, ".clock");
  swap(fresh, ".heading");
  swap(fresh, ".empty");
  swap(fresh, "#mails");
};
if (document.getElementById("mails")) {
  setInterval(() => { if (!document.hidden) look().catch(() => {}); }, 2000);
}
