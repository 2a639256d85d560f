import type { FieldErrorCode } from './gql/graphql';

type Problem = { path: string[]; message: string; code?: string };

/** What to show under each field of a form, '' being the whole of it; nothing when it went well. */
export type Problems = Record<string, string>;

/** The rules in the language of the shop. Leave one out and it does not compile. */
const RULES: Record<FieldErrorCode, string> = {
  REQUIRED: 'Bitte ausfüllen.',
  INVALID: 'Das stimmt so nicht.',
  TOO_SHORT: 'Zu kurz.',
  TOO_LONG: 'Zu lang.',
  TOO_SMALL: 'Zu wenig.',
  TOO_LARGE: 'Zu viel.',
  TAKEN: 'Schon vergeben.',
  TOO_COMMON: 'Zu leicht zu erraten.',
  TOO_SIMILAR: 'Zu ähnlich.',
  UNKNOWN: 'Das gibt es hier nicht.',
};

/** `path` begins at the arguments: ["input", "email"] is the field "email". One field may break several rules. */
export function problems(refusal: Problem | { fields: Problem[] }): Problems {
  const told: Problems = {};
  for (const { path, message, code } of 'fields' in refusal ? refusal.fields : [refusal]) {
    const field = path.slice(1).join('.');
    const text = RULES[code as FieldErrorCode] ?? message; // the server may know a rule that these texts do not
    told[field] = told[field] ? `${told[field]} ${text}` : text;
  }
  return told;
}
