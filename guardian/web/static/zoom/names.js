// Somebody else's text made harmless and readable: one line, nothing hidden or reversed, not too long. Pure.
// What is invisible is written out as \u{202e}, so that a human sees the attack. (As the command line shows it.)

const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u;
const MARK = /\p{M}/u;
const MOST_MARKS = 3;

export function harmless(text, longest = 60) {
  const shown = [];
  let marks = 0;
  for (const char of String(text ?? '')) {
    if (shown.length >= longest) {
      shown[shown.length - 1] = '…';
      break;
    }
    marks = MARK.test(char) ? marks + 1 : 0;
    if (HIDDEN.test(char) || marks > MOST_MARKS) shown.push(`\\u{${char.codePointAt(0).toString(16)}}`);
    else shown.push(/\p{Zs}/u.test(char) ? ' ' : char);
  }
  return shown.join('').trim() || '(no name)';
}

export function sentence(text, longest = 300) {
  const plain = text ? harmless(text, longest) : '';
  return plain ? plain[0].toUpperCase() + plain.slice(1) : '';
}
