// Improvements only: every page works without this file.
"use strict";

// A second click must not send twice, and a slow network must not look dead.
for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", () => {
    const button = form.querySelector("button[data-busy]");
    if (!button) return;
    const words = button.textContent;
    button.textContent = button.dataset.busy;
    setTimeout(() => { button.disabled = true; });
    // Back from another page, or the sending failed: let it be pressed again.
    addEventListener("pageshow", () => { button.disabled = false; button.textContent = words; });
    setTimeout(() => { button.disabled = false; button.textContent = words; }, 60000);
  });
}

// One tick for all of a page.
for (const tick of document.querySelectorAll("[data-all]")) {
  const boxes = () => document.querySelectorAll(`input[type=checkbox][name="${tick.dataset.all}"]`);
  tick.hidden = false;
  tick.firstElementChild.addEventListener("change", (event) => {
    for (const box of boxes()) box.checked = event.target.checked;
  });
}

// What went wrong is read out first.
document.querySelector("[data-focus]")?.focus();

// An example for the chosen category.
for (const select of document.querySelectorAll("select[data-example-in]")) {
  const place = document.getElementById(select.dataset.exampleIn);
  const show = () => {
    const example = document.getElementById(`contoh-${select.value}`)?.textContent;
    place.hidden = !example;
    place.textContent = example ? `Contoh: ${example}` : "";
  };
  select.addEventListener("change", show);
  addEventListener("pageshow", show);
}

// Copying the link.
for (const button of document.querySelectorAll("[data-copies]")) {
  const field = document.getElementById(button.dataset.copies);
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(field.textContent);
    button.textContent = button.dataset.done;
  });
}

// How many letters are left, once it is getting tight.
for (const area of document.querySelectorAll("textarea[data-most]")) {
  const counter = document.createElement("p");
  counter.className = "counter";
  area.after(counter);
  area.addEventListener("input", () => {
    const left = area.dataset.most - area.value.length;
    counter.textContent = left < 2000 ? `${left} huruf lagi` : "";
  });
}

// Photos of a phone have many megabytes: make them small before they travel. The server cleans them in any case.
const LONGEST = 1600;
async function smaller(file) {
  if (!/^image\/(jpeg|png|webp)$/.test(file.type) || file.size < 400000) return file;
  const image = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(image.width * scale);
  canvas.height = Math.round(image.height * scale);
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
  return blob && blob.size < file.size ? new File([blob], file.name.replace(/\.\w+$/, ".jpg"), { type: blob.type }) : file;
}
for (const input of document.querySelectorAll("input[type=file]")) {
  input.addEventListener("change", async () => {
    const files = await Promise.all([...input.files].map((file) => smaller(file).catch(() => file)));
    const transfer = new DataTransfer();
    for (const file of files) transfer.items.add(file);
    input.files = transfer.files;
  });
}
