// Lists that keep their rows: by key, with the focus, and with a mark on whatever has just moved.
//
// May live here: making and moving elements. May not: what they say (screen.js).

const STILL = 400; // ms after a move in which a pointer's press is not taken: it was aimed at what stood there before

export function element(name, classes = '', ...content) {
  const made = document.createElement(name);
  if (classes) made.className = classes;
  made.append(...content);
  return made;
}

/** A place for a foreign name, which cannot turn round or join the text about it. */
export function isolated(classes, text = '') {
  const made = element('bdi', classes, text);
  made.dir = 'auto';
  return made;
}

/** `act` says what pressing it means, and finds it again. */
export function button(act, text, classes = '') {
  const made = element('button', classes, text);
  made.type = 'button';
  made.dataset.act = act;
  return made;
}

export class Rows {
  #list;
  #make;
  #fill;

  constructor(list, make, fill) {
    this.#list = list;
    this.#make = make;
    this.#fill = fill;
  }

  /** Show these items, each with an `id` of its own, in this order. */
  show(items) {
    const old = new Map([...this.#list.children].map((row) => [row.dataset.key, row]));
    const rows = items.map((item) => {
      const row = old.get(item.id) ?? this.#make();
      row.dataset.key = item.id;
      old.delete(item.id);
      this.#fill(row, item);
      return row;
    });
    for (const gone of old.values()) gone.remove();
    rows.forEach((row, index) => {
      const there = this.#list.children[index];
      if (there !== row) this.#list.insertBefore(row, there ?? null);
    });
  }

  /** Where everything that can be pressed stands, and what has the focus. */
  static remember() {
    const held = document.activeElement;
    return {
      tops: new Map([...movable()].map((one) => [one, one.getBoundingClientRect().top])),
      held,
      act: held?.dataset?.act,
      key: held?.closest?.('[data-key]')?.dataset.key,
      section: held?.closest?.('section'),
    };
  }

  /** Mark what has moved since, and give the focus back: to the same button, its row elsewhere, or its section. */
  static restore({ tops, held, act, key, section }) {
    for (const [one, top] of tops) {
      if (one.isConnected && Math.abs(one.getBoundingClientRect().top - top) > 4) mark(one);
    }
    if (held === null || held === document.body || document.activeElement === held) return;
    const same = act && find('data-act', act);
    const row = key && find('data-key', key)?.querySelector('button');
    (same || row || section?.querySelector('h2') || document.body).focus({ preventScroll: true });
  }
}

const movable = () => document.querySelectorAll('.row, #verbs');

const find = (name, value) => document.querySelector(`#work [${name}="${CSS.escape(value)}"]`);

function mark(one) {
  one.dataset.moved = '';
  clearTimeout(one.stillTimer);
  one.stillTimer = setTimeout(() => delete one.dataset.moved, STILL);
}
