/**
 * What people type or paste as a number or an address, made into what can be called.
 *
 *   "tel:+49 (0)30 / 123-45"  ──▶ "+493012345"        "Bob <sip:bob@example.com>" ──▶ "sip:bob@example.com"
 */

/** The target; empty where there is none. */
export function targetOf(typed: string): string {
  // Copied text often brings marks along that nobody sees.
  const visible = typed.replace(/[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, "").trim();
  const address = /<([^<>]+)>/.exec(visible)?.[1]?.trim() ?? visible.replace(/^["'<]+|["'>]+$/g, "");
  const [, scheme = "", rest = ""] = /^(?:(sips?|tel|callto|phone):)?(?:\/\/)?(.*)$/is.exec(address.trim()) ?? [];
  if (/^(sips?)$/i.test(scheme) && rest.includes("@")) return `${scheme.toLowerCase()}:${rest.replace(/\s+/g, "")}`;
  const user = /^(tel|callto|phone)$/i.test(scheme) ? (rest.split(/[;?]/)[0] ?? "") : rest;
  return isNumber(user) ? digitsOf(user) : user.replace(/\s+/g, "");
}

/** Digits with what is written between them, a plus before them or not. */
function isNumber(text: string): boolean {
  return /^[+(\s]*[\d*#][\d*#\s().\/\-\u00a0\u2010-\u2015]*$/.test(text);
}

function digitsOf(number: string): string {
  // "+49 (0)30": the nought is for those who dial without the country's code.
  const international = /^[\s(]*\+/.test(number);
  const digits = (international ? number.replace(/\(\s*0\s*\)/, "") : number).replace(/[^\d*#]/g, "");
  return international ? `+${digits}` : digits;
}
