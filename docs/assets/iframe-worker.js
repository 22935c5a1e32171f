// Browsers run no workers for pages opened from a folder. There, and only there, a hidden frame does a worker's work.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      this.frame = document.createElement("iframe")
      this.frame.hidden = true
      document.body.appendChild(this.frame)
      const inner = this.frame.contentWindow
      this.ready = new Promise((resolve, reject) => {
        inner.document.open()
        inner.document.write("<!doctype html><html><body></body></html>")
        inner.document.close()
        inner.postMessage = (data) => this.#tell(data)
        inner.importScripts = (...urls) => urls.reduce(
          (before, one) => before.then(() => this.#load(inner, new URL(one, url).href)), Promise.resolve())
        this.#load(inner, url).then(resolve, reject)
      })
    }
    #load(inner, url) {
      return new Promise((resolve, reject) => {
        const script = inner.document.createElement("script")
        script.src = url
        script.onload = resolve
        script.onerror = () => reject(new Error(`cannot load ${url}`))
        inner.document.body.appendChild(script)
      })
    }
    #tell(data) {
      const message = new MessageEvent("message", { data })
      if (this.onmessage) this.onmessage(message)
      this.dispatchEvent(message)
    }
    postMessage(data) {
      const inner = this.frame.contentWindow
      this.ready.then(() => inner.dispatchEvent(new inner.MessageEvent("message", { data })))
    }
    terminate() { this.frame.remove() }
  }
}
