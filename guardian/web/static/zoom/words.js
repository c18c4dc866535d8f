// Every word that the panel says to a teacher, by the guardian's own keys. No behaviour here.

export const PHASE = { before: 'Before class', open: 'Open', locked: 'Locked', ended: 'Ended' };
export const MODE = {
  observe: 'only watching',
  assist: 'asks before putting out',
  enforce: 'puts strangers out',
};

// [short word, tone]; tones: good, care, bad.
export const STANDING = {
  self: ['the guardian', 'good'],
  protected: ['host', 'good'],
  proven: ['proven', 'good'],
  weak: ['not proven', 'care'],
  ambiguous: ['unclear who', 'care'],
  unseen: ['not read yet', 'care'],
  none: ['not on the list', 'bad'],
  contradicted: ['false name', 'bad'],
  barred: ['put out before', 'bad'],
};

export const INCIDENT = {
  stranger_waiting: 'A stranger is at the door',
  needs_decision: 'Somebody waits for your decision',
  stranger_inside: 'A stranger is in the meeting',
  unproven_inside: 'Somebody inside is not proven',
  barred_back: 'Somebody who was refused came back',
  impersonation: 'Somebody pretends to be on the list',
  unproven_moderator: 'Somebody unknown holds the host’s power',
  second_claim: 'Two connections claim to be the same person',
  sharing: 'Somebody shares the screen who may not',
  renamed: 'Somebody took another person’s name',
  no_longer_valid: 'Somebody inside is no longer on the list',
  roster_broken: 'The list of people cannot be read',
  roster_doubted: 'The list of people looks wrong',
  brake: 'More strangers inside than the guardian may put out',
  wave: 'Many strangers are at the door',
  blind_start: 'The guardian came into a running class',
  outside_slot: 'The meeting runs outside its planned times',
  host_lost: 'No host is in the meeting',
  link_lost: 'The guardian lost the meeting server',
  journal_lost: 'The guardian cannot write its journal',
  foreign_self: 'Another guardian acts in this meeting',
  task_crashed: 'A part of the guardian crashed and was restarted',
  not_confirmed: 'The meeting server did not do what it was asked',
  act_failed: 'The guardian could not do it: act by hand',
  native_admit: 'A host let somebody in',
  native_admit_all: 'A host let everybody in',
  native_put_out: 'A host put somebody out',
  lobby_switched_off: 'The waiting room was switched off',
  panic: 'Panic was called',
  locked: 'The door is locked',
  opened: 'The class is open',
  no_hands: 'The guardian cannot reach the door',
  came_in_as: 'Somebody came in on another person’s admission',
  before_host: 'Somebody was inside before the host',
  public_link: 'The meeting’s link was found in public',
  stale_deliveries: 'News from the platform comes too late',
  forwarded_link: 'A personal link was opened on another device',
  overruled: 'Two of you disagree',
};

export const VERB = {
  admit: 'Let in',
  hold: 'Hold',
  remove: 'Remove',
  allow: 'Allow',
  lock: 'Lock',
  unlock: 'Unlock',
  pause: 'Pause the guardian',
  resume: 'Resume',
  panic: 'Panic',
  enforce: 'Put strangers out',
  rotate: 'New passcode',
  end: 'End for everybody',
  undo: 'Undo the last',
};

export const VERB_HELP = {
  lock: 'Only the proven come in late',
  unlock: 'And keep it unlocked for this class',
  pause: 'It stops acting; the door stays as it is',
  resume: 'It acts again',
  enforce: 'Without asking you first',
  rotate: 'Links that got about stop working',
  undo: 'Take back the last order',
  end: 'Cannot be taken back',
  panic: 'Lock, and all unproven back to wait',
};

export const SAY = {
  connecting: 'Connecting …',
  leading: 'Connected. This panel acts.',
  standingBy: 'Connected. Standing by: another panel acts.',
  lost: 'Not connected to the guardian. Trying again. Nobody is let in by itself until it is back.',
  framed: 'The panel does not work inside another page. Open it in Zoom, under Apps.',
  noZoom: 'The panel works only inside Zoom: in the meeting, under Apps.',
  notInMeeting: 'The panel works only inside the meeting. Join it, and open the panel there, under Apps.',
  unproven: 'Zoom does not say that you host this class now. Close the panel and open it anew in the meeting.',
  replaced: 'The panel is open in a newer window of yours. This one does nothing.',
  nothingOn: 'Nothing is going on in this meeting now.',
  moved: 'The list has just changed. Please press again.',
  away: 'The guardian is away. In Zoom use Host tools (the shield), Suspend participant activities.',
};
