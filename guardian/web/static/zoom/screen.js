// What the teacher sees and presses. Foreign text goes in by textContent alone, each name isolated in a <bdi>.
//
// May live here: showing a view, keeping focus and place, saying changes aloud. May not: the socket, Zoom's client.
// Rows are kept from one view to the next, so that focus stays and nothing jumps under a finger.

import { harmless, sentence } from './names.js';
import { Rows, button, element, isolated } from './rows.js';
import { INCIDENT, MODE, PHASE, SAY, STANDING, VERB, VERB_HELP } from './words.js';

const MOST_ROWS = 200;
const MOST_NEWS = 3;
const CRITICAL = 40;
const INFO = 10;
const CLASS_VERBS = ['lock', 'unlock', 'pause', 'resume', 'enforce', 'rotate', 'undo', 'end'];
const TONES = ['bad', 'care', 'good'];

const $ = (id) => document.getElementById(id);
const tone = (one) => (STANDING[one.standing] ?? ['', 'care'])[1];
const shownName = (one) => harmless(one.name);

export class Screen {
  #on;
  #view = null;
  #known = null; // handles and incident keys of the last view
  #busy = new Map(); // order id -> button
  #up = false;
  #now = 0;

  constructor(on) {
    this.#on = on;
    this.waiting = new Rows($('waiting'), () => this.#personRow(), (row, one) => this.#person(row, one));
    this.inside = new Rows($('inside'), () => this.#personRow(), (row, one) => this.#person(row, one));
    this.urgent = new Rows($('urgent'), () => this.#incidentRow(), (row, one) => this.#incident(row, one));
    this.incidents = new Rows($('incidents'), () => this.#incidentRow(), (row, one) => this.#incident(row, one));
    this.warnings = new Rows($('warnings'), () => element('li'), (row, one) => (row.textContent = one.text));
    this.facts = new Rows($('facts'), () => element('li'), (row, one) => {
      row.textContent = one.text;
      row.dataset.tone = one.tone ?? '';
    });
    for (const verb of CLASS_VERBS) {
      const made = button(`verb:${verb}`, VERB[verb], verb === 'end' ? 'grave' : '');
      made.title = VERB_HELP[verb];
      $('verbs').append(made);
    }
    const panic = button('verb:panic', VERB.panic, 'panic');
    panic.setAttribute('aria-describedby', 'panic-hint');
    $('alarm').append(panic, element('span', 'hint', VERB_HELP.panic));
    $('alarm').lastChild.id = 'panic-hint';
    document.addEventListener('click', (event) => this.#pressed(event));
    $('guest').addEventListener('submit', (event) => this.#guest(event));
    $('sure').addEventListener('close', () => {
      if ($('sure').returnValue === 'yes') this.#order('end', {}, '', this.#button('verb:end'));
      $('sure').returnValue = '';
    });
    $('wall-button').addEventListener('click', () => this.#on.takeOver());
  }

  // -- connection ------------------------------------------------------------------------------------------------

  welcome({ title, you }) {
    this.unwall();
    $('title').textContent = sentence(title, 80) || 'Meeting guardian';
    $('title').title = `You are ${harmless(you)}`;
    $('work').hidden = false;
    this.linked('standingBy');
  }

  linked(state) {
    this.#up = state === 'leading' || state === 'standingBy';
    document.body.dataset.link = state;
    this.#say($('link'), SAY[state]);
    if (!this.#up) for (const id of this.#busy.keys()) this.#free(id);
    this.#disable();
  }

  wall(text, { again = false } = {}) {
    document.body.dataset.link = 'final';
    this.#up = false;
    $('work').hidden = true;
    $('wall').hidden = false;
    $('wall-text').textContent = text;
    $('wall-button').hidden = !again;
    this.#say($('link'), 'Not at work.');
    this.#say($('answer'), '');
    for (const id of ['alarm', 'facts']) $(id).hidden = true;
    ($('wall-button').hidden ? $('wall-text') : $('wall-button')).focus();
  }

  unwall() {
    $('wall').hidden = true;
    for (const id of ['alarm', 'facts']) $(id).hidden = false;
    if (this.#view !== null) $('work').hidden = false;
  }

  // -- what the teacher does -------------------------------------------------------------------------------------

  #pressed(event) {
    const pressed = event.target.closest('button[data-act]');
    if (!pressed || pressed.ariaDisabled === 'true' || pressed.ariaBusy === 'true') return;
    if (event.detail > 0 && pressed.closest('[data-moved]')) {
      this.alarm(SAY.moved);
      return;
    }
    const [kind, ...rest] = pressed.dataset.act.split(':');
    const what = rest.join(':');
    if (kind === 'ack') this.#on.acknowledge(what);
    else if (kind === 'verb' && what === 'end') $('sure').showModal();
    else if (kind === 'verb') this.#order(what, {}, '', pressed);
    else this.#order(kind, { handle: what }, this.#nameOf(what), pressed);
  }

  #order(verb, fields, about, pressed) {
    const id = this.#on.order(verb, fields, about);
    if (id === null || !pressed) return id;
    pressed.ariaBusy = 'true';
    this.#busy.set(id, pressed);
    this.#say($('answer'), `${VERB[verb]}${about ? `: ${about}` : ''} …`);
    $('answer').dataset.tone = '';
    return id;
  }

  #guest(event) {
    event.preventDefault();
    const [name, email, until] = [$('guest-name'), $('guest-email'), $('guest-until')].map((field) => field.value.trim());
    if (!name && !email) {
      this.alarm('Say whom: a name or an address.');
      $('guest-name').focus();
      return;
    }
    const fields = { ...(name && { name }), ...(email && { email }), ...(until && { until: this.#until(until) }) };
    if (this.#order('allow', fields, harmless(name || email), event.submitter)) event.target.reset();
  }

  #until(choice) {
    if (choice !== 'today') return this.#now + Number(choice);
    const midnight = new Date();
    midnight.setHours(24, 0, 0, 0);
    return midnight.getTime() / 1000;
  }

  answer(id, label, how, text) {
    const word = { true: 'done', false: 'not done', null: 'asked, not yet confirmed' }[how];
    this.#say($('answer'), `${label ? `${label}: ` : ''}${word}${text ? `. ${sentence(text)}` : ''}`);
    $('answer').dataset.tone = how ? 'good' : how === null ? 'care' : 'bad';
    this.#free(id);
  }

  alarm(text) {
    this.#say($('answer'), text);
    $('answer').dataset.tone = 'bad';
  }

  #free(id) {
    const freed = this.#busy.get(id);
    if (freed) freed.ariaBusy = null;
    this.#busy.delete(id);
  }

  // -- what there is to see --------------------------------------------------------------------------------------

  show(view, now) {
    this.#now = now;
    this.#view = view;
    const places = Rows.remember();
    const others = (view?.connections ?? []).filter((one) => one.standing !== 'self');
    const waiting = others.filter((one) => one.place === 'waiting').sort((a, b) => a.since - b.since);
    const inside = others
      .filter((one) => one.place !== 'waiting')
      .sort((a, b) => TONES.indexOf(tone(a)) - TONES.indexOf(tone(b)) || a.since - b.since);
    const incidents = (view?.incidents ?? [])
      .filter((one) => !one.settled && !(one.severity <= INFO && one.acknowledged_by))
      .sort((a, b) => !!a.acknowledged_by - !!b.acknowledged_by || b.severity - a.severity || a.opened_at - b.opened_at);
    this.#say($('h-waiting'), `Waiting (${waiting.length})`);
    this.#say($('h-inside'), `In the meeting (${inside.length})`);
    const unread = incidents.filter((one) => !one.acknowledged_by && one.severity < CRITICAL);
    this.#say($('h-incidents'), `To read (${unread.length})`);
    this.facts.show(facts(view));
    this.warnings.show(warnings(view));
    const isUrgent = (one) => one.severity >= CRITICAL && !one.acknowledged_by;
    const keyed = incidents.slice(0, MOST_ROWS).map((one) => ({ ...one, id: one.key }));
    this.urgent.show(keyed.filter(isUrgent));
    this.incidents.show(keyed.filter((one) => !isUrgent(one)));
    $('s-urgent').hidden = !keyed.some(isUrgent);
    this.waiting.show(waiting.slice(0, MOST_ROWS).map((one) => ({ ...one, id: one.handle })));
    this.inside.show(inside.slice(0, MOST_ROWS).map((one) => ({ ...one, id: one.handle })));
    $('n-waiting').hidden = waiting.length > 0;
    $('n-inside').hidden = inside.length > 0;
    $('n-incidents').hidden = keyed.some((one) => !isUrgent(one));
    this.#disable();
    Rows.restore(places);
    this.#tell(waiting, inside, incidents);
  }

  #personRow() {
    const row = element('li', 'row');
    row.append(
      element('p', 'who', isolated('name'), element('span', 'tag')),
      element('p', 'why'),
      element('div', 'buttons'),
    );
    row.lastChild.setAttribute('role', 'group');
    return row;
  }

  #person(row, one) {
    const name = shownName(one);
    const [standing, colour] = STANDING[one.standing] ?? [one.standing, 'care'];
    row.dataset.tone = colour;
    this.#say(row.querySelector('.name'), name);
    this.#say(row.querySelector('.tag'), standing + (one.sharing ? ', shares the screen' : ''));
    const since = one.place === 'waiting' ? `Waits ${age(this.#now - one.since)}` : '';
    const listed = one.person_name && one.person_name !== one.name ? `On the list: ${harmless(one.person_name)}` : '';
    const why = [listed, sentence(one.reason), sentence(one.word ?? ''), since].filter(Boolean).join('. ');
    this.#say(row.querySelector('.why'), why);
    const group = row.querySelector('.buttons');
    group.ariaLabel = name;
    this.#buttons(group, one, name);
  }

  #buttons(group, one, name) {
    const inside = one.place !== 'waiting';
    const calm = tone(one) === 'good';
    let verbs = ['admit', 'hold', 'remove'];
    if (inside) verbs = calm ? ['hold', 'remove'] : ['admit', 'hold', 'remove'];
    if (one.standing === 'protected') verbs = inside ? [] : ['admit'];
    // A stranger's way in is never the button that catches the eye.
    const stress = { admit: tone(one) === 'bad' ? '' : 'first', remove: 'grave' };
    const wanted = `${verbs.join()} ${inside} ${stress.admit}`;
    if (group.dataset.wanted !== wanted) {
      group.dataset.wanted = wanted;
      group.replaceChildren(
        ...verbs.map((verb) => {
          const says = inside && verb === 'admit' ? 'May stay' : VERB[verb];
          return button(`${verb}:${one.handle}`, says, stress[verb] ?? '');
        }),
      );
    }
    for (const made of group.children) made.ariaLabel = `${made.textContent} ${name}`;
  }

  #incidentRow() {
    const row = element('li', 'row incident');
    const words = element('div', 'words', element('h3'), element('p', 'about'), element('p', 'why'));
    row.append(words, element('div', 'buttons'));
    return row;
  }

  #incident(row, one) {
    row.dataset.tone = one.acknowledged_by ? '' : one.severity >= CRITICAL ? 'bad' : one.severity > 20 ? 'care' : '';
    const headline = INCIDENT[one.kind] ?? sentence(one.kind.replaceAll('_', ' '));
    this.#say(row.querySelector('h3'), headline);
    const names = one.subjects.slice(-3).map((subject) => isolated('name', harmless(subject.name, 30)));
    const about = row.querySelector('.about');
    const more = one.subjects.length - names.length;
    const parts = names.flatMap((name, index) => (index ? [', ', name] : [name]));
    about.replaceChildren(...parts, more > 0 ? ` and ${more} more` : '');
    about.hidden = names.length === 0;
    const read = one.acknowledged_by ? `Read by ${harmless(one.acknowledged_by)}` : '';
    this.#say(row.querySelector('.why'), [sentence(one.detail), read].filter(Boolean).join('. '));
    row.querySelector('.why').hidden = row.querySelector('.why').textContent === '';
    this.#incidentButtons(row.querySelector('.buttons'), one, headline);
  }

  #incidentButtons(group, one, headline) {
    const acts = one.verbs.filter((verb) => CLASS_VERBS.includes(verb) || verb === 'panic').map((verb) => `verb:${verb}`);
    if (!one.acknowledged_by) acts.push(`ack:${one.key}`);
    if (group.dataset.wanted === acts.join()) return;
    group.dataset.wanted = acts.join();
    group.replaceChildren(
      ...acts.map((act) => {
        const verb = act.startsWith('ack:') ? 'Read' : VERB[act.slice(5)];
        const made = button(act, verb, act === 'verb:end' ? 'grave' : '');
        made.ariaLabel = `${verb}: ${headline}`;
        return made;
      }),
    );
  }

  /** What would change nothing now cannot be pressed; it stays where it is, so that its neighbours do. */
  #disable() {
    const view = this.#view;
    const idle = {
      lock: view?.phase === 'locked',
      unlock: view !== null && view.phase !== 'locked',
      pause: view?.paused,
      resume: view !== null && !view.paused && !view.panic,
      enforce: view?.mode === 'enforce' && !view.blind && !view.roster_doubt,
      panic: view?.panic,
    };
    for (const made of document.querySelectorAll('button[data-act]')) {
      const verb = made.dataset.act.startsWith('verb:') ? made.dataset.act.slice(5) : '';
      const none = view === null && verb !== 'rotate';
      // Panic is never refused for want of a connection: then it says what else helps.
      const off = verb === 'panic' ? idle.panic : !this.#up || none || idle[verb];
      made.ariaDisabled = off ? 'true' : null;
    }
    this.#say(this.#button('verb:panic'), view?.panic ? 'Panic is on' : VERB.panic);
  }

  // -- saying it aloud -------------------------------------------------------------------------------------------

  #tell(waiting, inside, incidents) {
    const now = {
      waiting: new Map(waiting.map((one) => [one.handle, one])),
      inside: new Map(inside.map((one) => [one.handle, one])),
      incidents: new Map(incidents.map((one) => [one.key, one])),
    };
    const before = this.#known;
    this.#known = now;
    if (before === null) return;
    const fresh = (kind) => [...now[kind].values()].filter((one) => !before[kind].has(one.handle ?? one.key));
    const news = [
      ...fresh('waiting').map((one) => `${shownName(one)} waits: ${STANDING[one.standing]?.[0] ?? ''}`),
      ...fresh('inside').map((one) => `${shownName(one)} is in the meeting`),
    ];
    const told = fresh('incidents').filter((one) => !one.acknowledged_by);
    const alarms = told.filter((one) => one.severity >= CRITICAL).map((one) => INCIDENT[one.kind] ?? one.kind);
    if (alarms.length > 0) this.#say($('alert'), alarms.slice(0, MOST_NEWS).join('. '));
    if (news.length > 0) {
      const more = news.length > MOST_NEWS ? `, and ${news.length - MOST_NEWS} more changes` : '';
      $('news').replaceChildren(element('span', '', news.slice(0, MOST_NEWS).join('. ') + more));
    }
  }

  #nameOf(handle) {
    const found = this.#view?.connections.find((one) => one.handle === handle);
    return found ? shownName(found) : '';
  }

  #button(act) {
    return document.querySelector(`button[data-act="${act}"]`);
  }

  /** Only what has changed is written: else a screen reader says it again. */
  #say(where, text) {
    if (where.textContent !== text) where.textContent = text;
  }
}

function facts(view) {
  if (view === null) return [{ id: 'none', text: SAY.nothingOn }];
  const lobby = { true: 'Waiting room on', false: 'Waiting room OFF', null: 'Waiting room unknown' }[view.lobby_on];
  return [
    { id: 'phase', text: PHASE[view.phase] ?? view.phase, tone: view.phase === 'locked' ? 'good' : '' },
    { id: 'lobby', text: lobby, tone: view.lobby_on === false ? 'bad' : '' },
    { id: 'mode', text: MODE[view.mode] ?? view.mode },
    { id: 'list', text: `${view.roster_people} on the list` },
  ];
}

function warnings(view) {
  if (view === null) return [];
  const all = {
    panic: view.panic && 'Panic is on: only the proven are in. Resume ends it.',
    paused: view.paused && 'Paused: the guardian does nothing until you press Resume.',
    link: !view.link_up && 'The guardian hears nothing from Zoom.',
    journal: !view.journal_up && 'The journal cannot be written: the guardian lets nobody new in.',
    down: view.standing_down && 'Another guardian acts in this meeting: this one only watches.',
    blind: view.blind && 'The guardian came in late: it asks before putting anybody out.',
    tight: view.tight && 'Many strangers knock: only strong proofs let in just now.',
    roster: sentence(view.roster_doubt),
    ...Object.fromEntries(view.cannot.map((note) => [note, sentence(note)])),
  };
  return Object.entries(all)
    .filter(([, text]) => text)
    .map(([id, text]) => ({ id, text }));
}

function age(seconds) {
  const minutes = Math.floor(Math.max(0, seconds) / 60);
  if (minutes < 1) return 'less than a minute';
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
