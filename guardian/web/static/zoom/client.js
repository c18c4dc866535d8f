// The host's own Zoom client: what it says and what it does for us, by the Zoom Apps SDK and by our own list of names.
//
// May live here: calls to the SDK and their limits. May not: the socket (link.js), the page (screen.js).
// The SDK object is never returned or awaited: its proxy takes `then` for a function of Zoom's and hangs.

import zoomSdk from './appssdk.js';

const SDK_VERSION = '0.16'; // left out, the SDK tells the client 0.14
const PATIENCE = 5000; // ms for the client's answer to one call
const AT_ONCE = 5;

const ACTS = {
  admit: ['admitParticipantFromWaitingRoom', (uuid) => ({ participantUUID: uuid })],
  put_back: ['putParticipantToWaitingRoom', (uuid) => ({ participantUUID: uuid })],
  remove: ['removeParticipant', (uuid) => ({ participantUUID: uuid })],
  waiting_room_on: ['setWaitingRoomState', () => ({ waitingRoom: true })],
};
const READS = [
  'getAppContext',
  'getMeetingContext',
  'getMeetingParticipants',
  'getMeetingUUID',
  'getUserContext',
  'getWaitingRoomParticipants',
  'getWaitingRoomState',
];
const CHANGES = [
  'onParticipantChange',
  'onWaitingRoomParticipantJoin',
  'onWaitingRoomParticipantLeave',
  'onWaitingRoomStateChange',
];
const SELF_CHANGES = ['onMyUserContextChange', 'onRunningContextChange'];
const ALLOWED = new Set([...Object.values(ACTS).map(([name]) => name), ...READS]);
const CAPABILITIES = [...ALLOWED, ...CHANGES, ...SELF_CHANGES];

export const IN_A_MEETING = new Set(['inMeeting', 'inImmersive', 'inCollaborate', 'inCamera']);

let running = 0;
const queue = [];

function next() {
  while (running < AT_ONCE && queue.length > 0) {
    // What is to be done goes before what is to be read.
    const urgent = queue.findIndex((job) => job.urgent);
    const [job] = queue.splice(Math.max(urgent, 0), 1);
    running += 1;
    job.start().finally(() => {
      running -= 1;
      next();
    });
  }
}

function call(name, options, { urgent = false, until = Infinity } = {}) {
  if (!ALLOWED.has(name)) return Promise.reject(new Error('not on our list of functions'));
  return new Promise((resolve, reject) => {
    const start = async () => {
      try {
        if (performance.now() > until) throw new Error('not begun in time');
        resolve(await (options === undefined ? zoomSdk[name]() : zoomSdk[name](options)));
      } catch (error) {
        reject(error);
      }
    };
    queue.push({ urgent, start });
    next();
  });
}

const codeOf = (error) => (error?.code === undefined || error?.code === null ? null : String(error.code).slice(0, 60));

/** What client this is, as it says. Rejects when there is none. */
export async function configure() {
  const found = await zoomSdk.config({ capabilities: CAPABILITIES, version: SDK_VERSION, timeout: PATIENCE });
  const ours = new Set(CAPABILITIES);
  return {
    version: String(found.clientVersion ?? '').slice(0, 60),
    product: String(found.product ?? '').slice(0, 60),
    context: String(found.runningContext ?? '').slice(0, 60),
    unsupported: (found.unsupportedApis ?? []).filter((name) => ours.has(name)),
  };
}

/** Call `changed` after every change of the lists, `moved` when our own role or window changes. Once a page load. */
export function listen(changed, moved) {
  // A listener that throws would stop the SDK's later ones.
  const guarded = (act) => () => {
    try {
      act();
    } catch {
      // The next read heals it.
    }
  };
  for (const name of CHANGES) zoomSdk[name](guarded(changed));
  for (const name of SELF_CHANGES) zoomSdk[name](guarded(moved));
}

/** A fresh proof of who we are, as text. */
export async function proof() {
  return (await call('getAppContext', undefined, { urgent: true })).context;
}

export async function meetingNumber() {
  try {
    return String((await call('getMeetingContext')).meetingID ?? '').replace(/[^0-9]/g, '');
  } catch {
    return '';
  }
}

export async function role() {
  try {
    return String((await call('getUserContext')).role ?? '').slice(0, 60);
  } catch {
    return '';
  }
}

/** Do one act within so many ms: {ok} or {ok: false, code, message}; code null: what became of it is unknown. */
export async function perform(name, uuid, within) {
  const [api, options] = ACTS[name] ?? [];
  if (api === undefined) return { ok: false, code: 'unknown', message: 'this panel does not know that command' };
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), within);
  });
  try {
    await Promise.race([call(api, options(uuid), { urgent: true, until: performance.now() + within }), late]);
    return { ok: true };
  } catch (error) {
    return { ok: false, code: codeOf(error), message: String(error?.message ?? '').slice(0, 200) };
  } finally {
    clearTimeout(timer);
  }
}

export const isAct = (name) => Object.hasOwn(ACTS, name);

async function waitingRoom() {
  try {
    return (await call('getWaitingRoomParticipants')).participants ?? [];
  } catch (error) {
    if (codeOf(error) === '10240') return null; // this meeting has none
    throw error;
  }
}

async function waitingRoomOn() {
  try {
    const on = (await call('getWaitingRoomState')).waitingRoom;
    return typeof on === 'boolean' ? on : null;
  } catch {
    return null;
  }
}

async function inMainRoom() {
  try {
    const { meetingUUID, parentUUID } = await call('getMeetingUUID');
    return !parentUUID || parentUUID === meetingUUID;
  } catch {
    return true;
  }
}

const person = ({ participantUUID, screenName }) => ({
  uuid: String(participantUUID ?? '').slice(0, 200),
  name: String(screenName ?? '').slice(0, 1000),
});

/** Both lists, whole. Rejects with the client's code when one of them cannot be read. */
export async function lists() {
  try {
    const [waiting, inside, on, main] = await Promise.all([
      waitingRoom(),
      call('getMeetingParticipants'),
      waitingRoomOn(),
      inMainRoom(),
    ]);
    return {
      waiting: (waiting ?? []).map(person),
      inside: (inside.participants ?? []).map((one) => ({ ...person(one), role: String(one.role ?? '').slice(0, 60) })),
      waiting_room: waiting === null ? false : on,
      main_room: main,
    };
  } catch (error) {
    throw Object.assign(new Error(String(error?.message ?? '').slice(0, 200)), { code: codeOf(error) });
  }
}
