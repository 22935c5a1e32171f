// Sends a file as it is (never as text inside a page), shows how far it is, then tells the page its id.
(function () {
  "use strict";
  const said = (text) => { const p = document.getElementById("upload-said"); if (p) p.textContent = text; };
  function send(file) {
    const bar = document.getElementById("upload-progress");
    const token = (document.cookie.match(/(?:^|; )_csrf_token=([^;]+)/) || [])[1] || "";
    const request = new XMLHttpRequest();
    request.open("POST", "/upload?name=" + encodeURIComponent(file.name));
    request.setRequestHeader("Content-Type", "application/octet-stream");
    if (token) request.setRequestHeader("X-CSRFToken", token);
    bar.hidden = false;
    request.upload.onprogress = (e) => { if (e.lengthComputable) bar.value = (100 * e.loaded) / e.total; };
    request.onload = () => {
      bar.hidden = true;
      if (request.status !== 200) return said(request.status === 413 ? "The file is too large." : "The upload was refused.");
      const answer = JSON.parse(request.responseText);
      said(`${answer.name} is here (${answer.size.toLocaleString()} bytes).`);
      window.dash_clientside.set_props("imports-offered", { value: null });
      window.dash_clientside.set_props("imports-upload", { data: answer });
    };
    request.onerror = () => { bar.hidden = true; said("The upload broke off."); };
    request.send(file);
  }
  document.addEventListener("click", (event) => {
    if (!event.target.closest("#upload-choose")) return;
    const input = document.createElement("input");
    input.type = "file";
    input.onchange = () => input.files[0] && send(input.files[0]);
    input.click();
  });
  const over = (event) => event.target.closest && event.target.closest("#upload-drop");
  document.addEventListener("dragover", (event) => { if (over(event)) event.preventDefault(); });
  document.addEventListener("drop", (event) => {
    if (!over(event)) return;
    event.preventDefault();
    if (event.dataTransfer.files[0]) send(event.dataTransfer.files[0]);
  });
})();
