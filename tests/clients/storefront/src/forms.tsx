import { type ComponentProps, type FormEvent, useId } from 'react';
import type { CombinedError } from 'urql';
import { graphql } from './gql';
import type { RefusalFragment } from './gql/graphql';

/** What every failure can be asked for; only a ValidationError names fields. */
graphql(`
  fragment Refusal on UserError {
    code
    message
    ... on ValidationError { fields { path message } }
  }
`);

/** What to show under each field of a form, '' being the whole of it. */
export type Problems = Record<string, string>;

/** A path ends with the name of the field: ["input", "delivery", "address", "city"]. A field may break several rules. */
export function problems(refusal: RefusalFragment | undefined, error: CombinedError | undefined): Problems {
  if (!refusal) return { '': error ? failure(error) : '' };
  const found: Problems = { '': refusal.message };
  for (const { path, message } of 'fields' in refusal ? refusal.fields : []) {
    const field = path.at(-1) ?? '';
    found[field] = found[field] ? `${found[field]} ${message}` : message;
  }
  return found;
}

/** What went wrong with a whole request. The request id finds it in the server's log. */
export function failure(error: CombinedError): string {
  const [first] = error.graphQLErrors;
  if (!first) return 'The shop cannot be reached. Try again in a moment.';
  return `${first.message} (${first.extensions['requestId']})`;
}

/** The texts of a form that was sent, by field. */
export function texts(event: FormEvent<HTMLFormElement>): Record<string, string> {
  event.preventDefault();
  return Object.fromEntries([...new FormData(event.currentTarget)].map(([name, value]) => [name, String(value)]));
}

export function Problem({ text }: { text: string | undefined }) {
  return <div role="alert">{text && <p className="problem">{text}</p>}</div>;
}

type FieldProps = ComponentProps<'input'> & { label: string; name: string; wrong: Problems };

/** A labelled input with what is wrong about it. */
export function Field({ label, name, wrong, ...input }: FieldProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} name={name} aria-invalid={name in wrong} aria-describedby={`${id}-problem`} {...input} />
      <div id={`${id}-problem`}><Problem text={wrong[name]} /></div>
    </div>
  );
}
