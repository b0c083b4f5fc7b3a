// Live: the page follows its server, and keeps the reader's view, which is in the address.
(() => {
  const shown = document.currentScript.dataset.version;
  const look = async () => {
    try {
      const answer = await fetch("version", { cache: "no-store" });
      // A server that makes a new page, or fails to, is asked again.
      if (answer.ok && (await answer.text()) !== shown) location.reload();
    } catch {
      // The server is gone; the page stays as it is.
    }
  };
  setInterval(() => document.hidden || look(), 2000);
})();
