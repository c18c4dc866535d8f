// The socket to the guardian: proving who we are, frames both ways, coming back after a loss.
//
// May live here: when to connect, with which proof, and which losses are final. May not: what frames mean (panel.js).

const BACKOFF = [300, 700, 1500, 3000, 6000]; // ms
const SILENCE = 30000; // ms; the guardian sends something at least every ten seconds
export const UNPROVEN = 4401;
export const REPLACED = 4409;

/** `token`: of the page, good once. `prove`: a fresh context. `number`: the meeting's. `on`: open, frame, lost, final. */
export class Link {
  #token;
  #prove;
  #number;
  #on;
  #socket = null;
  #failures = 0;
  #heard = 0;

  constructor({ token, prove, number, on }) {
    this.#token = token;
    this.#prove = prove;
    this.#number = number;
    this.#on = on;
    setInterval(() => this.#watch(), 5000);
  }

  get up() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Connect now; after a final loss too, for the human wants it. */
  async open() {
    const byToken = this.#token !== '';
    let hello;
    try {
      hello = await this.#hello();
    } catch {
      this.#again();
      return;
    }
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${location.host}/zoom/panel/ws`);
    this.#socket = socket;
    this.#heard = Date.now();
    socket.addEventListener('open', () => socket.send(JSON.stringify(hello)));
    socket.addEventListener('message', (event) => this.#message(event.data));
    socket.addEventListener('close', (event) => {
      if (this.#socket === socket) this.#closed(event.code, byToken);
    });
  }

  /** Whether it went out. */
  send(frame) {
    if (!this.up) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  async #hello() {
    const said = { type: 'hello', number: this.#number() };
    if (this.#token !== '') {
      said.token = this.#token;
      this.#token = '';
    } else {
      said.context = await this.#prove();
    }
    return said;
  }

  #message(text) {
    this.#heard = Date.now();
    const frame = JSON.parse(text);
    if (frame.type === 'welcome') this.#failures = 0;
    this.#on.frame(frame);
  }

  #closed(code, byToken) {
    this.#socket = null;
    if (code === REPLACED || (code === UNPROVEN && !byToken)) {
      this.#on.final(code);
    } else {
      this.#on.lost();
      // A page that took long to load has an old token; a fresh context says more, once.
      if (code === UNPROVEN) this.open();
      else this.#again();
    }
  }

  #again() {
    const pause = BACKOFF[Math.min(this.#failures, BACKOFF.length - 1)];
    this.#failures += 1;
    setTimeout(() => this.open(), pause * (0.75 + Math.random() / 2));
  }

  /** A socket over a dead network closes late or never by itself. */
  #watch() {
    if (this.#socket === null || Date.now() - this.#heard < SILENCE) return;
    const dead = this.#socket;
    this.#closed(1006, false);
    dead.close();
  }
}
