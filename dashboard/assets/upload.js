// Sends files as they are (never as text inside a page) one after the other, then tells the page their ids.
(function () {
  "use strict";
  let batch = "";
  const said = (text) => { const p = document.getElementById("upload-said"); if (p) p.textContent = text; };
  const bar = () => document.getElementById("upload-progress");
  const hidden = (path) => path.split("/").some((part) => part.startsWith(".") || part === "__MACOSX" || part.startsWith("~$"));

  function send(file, path, done, whole) {
    return new Promise((answer) => {
      const token = (document.cookie.match(/(?:^|; )_csrf_token=([^;]+)/) || [])[1] || "";
      const request = new XMLHttpRequest();
      request.open("POST", `/upload?name=${encodeURIComponent(path)}&batch=${batch}`);
      request.setRequestHeader("Content-Type", "application/octet-stream");
      if (token) request.setRequestHeader("X-CSRFToken", token);
      request.upload.onprogress = (e) => { if (bar()) bar().value = (100 * (done + e.loaded)) / Math.max(whole, 1); };
      request.onload = () => {
        let told = {};
        try { told = JSON.parse(request.responseText); } catch (_) { /* a page of an error */ }
        if (request.status === 200) return answer(told);
        answer({ error: told.error || (request.status === 413 ? `${file.name}: The file is too large.` : `${file.name}: The upload was refused.`) });
      };
      request.onerror = () => answer({ error: `${file.name}: The upload broke off.` });
      request.send(file);
    });
  }

  async function sendAll(chosen) {
    const wanted = chosen.filter(({ path }) => !hidden(path));
    const aside = chosen.length - wanted.length;
    const whole = wanted.reduce((sum, { file }) => sum + file.size, 0);
    const files = [], told = [];
    let done = 0;
    bar().hidden = false;
    for (const { file, path } of wanted) {
      said(wanted.length > 1 ? `${file.name}: file ${files.length + 1} of ${wanted.length}` : `${file.name} ...`);
      const answer = await send(file, path, done, whole);
      done += file.size;
      if (answer.error) { told.push(answer.error); continue; }
      batch = answer.batch;
      files.push(...answer.files);
      if (answer.left.length) told.push(`${file.name}: not read: ${answer.left.slice(0, 12).join(", ")}`);
    }
    if (bar()) bar().hidden = true;
    const size = files.reduce((sum, f) => sum + f.size, 0).toLocaleString();
    const here = files.length === 1 ? `${files[0].name} is here (${size} bytes).` : `${files.length} files are here (${size} bytes).`;
    if (aside) told.push(`Hidden files left aside: ${aside}.`);
    said([...(files.length ? [here] : []), ...told].join(" ") || "Nothing was chosen.");
    if (files.length) window.dash_clientside.set_props("imports-upload", { data: { files, at: Date.now() } });
  }

  function choose(folder) {
    const input = document.createElement("input");
    input.type = "file";
    input.multiple = true;
    input.webkitdirectory = folder;
    input.onchange = () => sendAll([...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name })));
    input.click();
  }
  document.addEventListener("click", (event) => {
    if (event.target.closest("#upload-choose")) choose(false);
    if (event.target.closest("#upload-folder")) choose(true);
  });

  const listed = (reader) => new Promise((answer, fail) => reader.readEntries(answer, fail));
  const opened = (entry) => new Promise((answer, fail) => entry.file(answer, fail));
  async function walked(entry, before) {
    const path = before + entry.name;
    if (entry.isFile) return [{ file: await opened(entry), path }];
    const reader = entry.createReader(), found = [];
    for (let part = await listed(reader); part.length; part = await listed(reader)) {
      for (const inner of part) found.push(...await walked(inner, path + "/"));
    }
    return found;
  }
  const over = (event) => event.target.closest && event.target.closest("#upload-drop");
  document.addEventListener("dragover", (event) => { if (over(event)) event.preventDefault(); });
  document.addEventListener("drop", async (event) => {
    if (!over(event)) return;
    event.preventDefault();
    const entries = [...event.dataTransfer.items].map((i) => i.webkitGetAsEntry && i.webkitGetAsEntry()).filter(Boolean);
    const plain = [...event.dataTransfer.files].map((file) => ({ file, path: file.name }));
    const found = [];
    for (const entry of entries) found.push(...await walked(entry, ""));
    sendAll(found.length ? found : plain);
  });
})();
