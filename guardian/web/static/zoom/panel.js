// The panel: joins the host's client, the guardian's socket and the page. Decides nothing; keeps no state across loads.

import * as client from './client.js';
import { Link, REPLACED } from './link.js';
import { Screen } from './screen.js';
import { SAY, VERB } from './words.js';

const RENEW = 75 * 60 * 1000; // ms; Zoom's own sample configures anew after two hours
const ASK_AGAIN = 30000; // ms in which an order without answer is sent again after a loss, under the same id
const MOST_IDS = 5000;

const screen = new Screen({ order, acknowledge, takeOver: () => link.open() });
const done = new Set(); // ids of commands: each is done at most once, whatever the socket did meanwhile
const orders = new Map(); // order id -> {frame, label, at}
let facts = null; // what the client says of itself
let number = '';
let began = false;

const meta = document.querySelector('meta[name="guardian-token"]');
const link = new Link({
  token: meta.content,
  prove: client.proof,
  number: () => number,
  on: {
    frame: (frame) => FRAMES[frame.type]?.(frame),
    lost: () => screen.linked('lost'),
    final: (code) => screen.wall(code === REPLACED ? SAY.replaced : SAY.unproven, { again: code === REPLACED }),
  },
});
meta.remove();

const FRAMES = {
  welcome(frame) {
    screen.welcome(frame);
    ready();
    report();
    const now = Date.now();
    for (const { frame: waiting, at } of orders.values()) if (now - at < ASK_AGAIN) link.send(waiting);
  },
  leading: ({ leading }) => screen.linked(leading ? 'leading' : 'standingBy'),
  command,
  refresh_context: async () => {
    try {
      link.send({ type: 'context', context: await client.proof() });
    } catch {
      // The guardian goes by what it knows.
    }
  },
  view: ({ view, now }) => screen.show(view, now),
  answer({ order: id, done: how, text }) {
    const given = orders.get(id);
    orders.delete(id);
    screen.answer(id, given?.label ?? '', how, text);
  },
};

// -- what the guardian commands ----------------------------------------------------------------------------------

async function command({ id, name, uuid, within_ms: within }) {
  if (done.has(id)) return;
  done.add(id);
  if (done.size > MOST_IDS) done.delete(done.values().next().value);
  if (name === 'read') {
    report(id);
    return;
  }
  const result = await client.perform(name, uuid, within ?? 3000);
  link.send({ type: 'result', id, ...result });
}

let reading = false;
let dirty = false;
let asked = [];

/** Send both lists, read from now on: after a change, or as the answer to a command. */
async function report(id = null) {
  if (id === null) dirty = true;
  else asked.push(id);
  if (reading) return;
  reading = true;
  while (dirty || asked.length > 0) {
    const answers = asked.length > 0 ? asked : [null];
    dirty = false;
    asked = [];
    try {
      const found = await client.lists();
      for (const one of answers) link.send({ type: 'list', answers: one, ...found });
    } catch ({ code, message }) {
      for (const one of answers) if (one !== null) link.send({ type: 'result', id: one, ok: false, code, message });
    }
  }
  reading = false;
}

async function ready() {
  const role = await client.role();
  link.send({ type: 'ready', ...facts, role, number });
}

// -- what the teacher orders -------------------------------------------------------------------------------------

function order(verb, fields, about = '') {
  const id = crypto.randomUUID();
  const frame = { type: 'order', order: id, verb, ...fields };
  const label = about ? `${VERB[verb]}: ${about}` : VERB[verb];
  if (!link.send(frame)) {
    if (verb === 'panic') {
      // It goes out as soon as there is a way; meanwhile Zoom's own means are nearer.
      orders.set(id, { frame, label, at: Date.now() });
      screen.alarm(SAY.away);
    } else {
      screen.alarm(SAY.lost);
    }
    return null;
  }
  orders.set(id, { frame, label, at: Date.now() });
  return id;
}

function acknowledge(incident) {
  if (!link.send({ type: 'ack', incident })) screen.alarm(SAY.lost);
}

// -- the client --------------------------------------------------------------------------------------------------

async function configure() {
  facts = await client.configure();
  return client.IN_A_MEETING.has(facts.context);
}

async function begin() {
  if (began) return;
  began = true;
  number = await client.meetingNumber();
  screen.linked('connecting');
  link.open();
}

/** Our role or window is another now. */
async function moved() {
  let inMeeting = false;
  try {
    inMeeting = await configure();
  } catch {
    // The client does not say: then nothing can be done through it either.
  }
  if (!inMeeting) screen.wall(SAY.notInMeeting);
  else if (began) screen.unwall();
  else await begin();
  if (began) {
    ready();
    report();
  }
}

async function start() {
  // A page that frames us could forge the client's answers.
  if (window.self !== window.top) {
    screen.wall(SAY.framed);
    return;
  }
  let inMeeting = false;
  try {
    inMeeting = await configure();
  } catch {
    screen.wall(SAY.noZoom);
    return;
  }
  client.listen(() => report(), moved);
  setInterval(() => configure().catch(() => {}), RENEW);
  if (inMeeting) await begin();
  else screen.wall(SAY.notInMeeting);
}

start();
