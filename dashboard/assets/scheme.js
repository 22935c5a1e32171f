// Light or dark: a cookie, because figures are drawn on the server; set before the first page is asked for.
(function () {
  "use strict";
  const NAME = "hepatrend_scheme";
  const match = document.cookie.match(/(?:^|; )hepatrend_scheme=(light|dark)/);
  const prefers = window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const scheme = match ? match[1] : prefers;
  const put = (value) => {
    document.cookie = `${NAME}=${value}; Path=/; Max-Age=31536000; SameSite=Lax`;
  };
  document.documentElement.dataset.scheme = scheme;
  if (!match) put(scheme);
  window.hepatrendScheme = {
    toggle() {
      put(document.documentElement.dataset.scheme === "dark" ? "light" : "dark");
      window.location.reload(); // the state of a page is in its address
    },
  };
})();
