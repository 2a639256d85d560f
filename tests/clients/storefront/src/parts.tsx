import { type ComponentProps, createContext, type FormEvent, type ReactNode, useContext, useId, useState } from 'react';
import { type CombinedError, type TypedDocumentNode, useMutation } from 'urql';
import type { RefusalFragment } from './gql/graphql';

type Texts = Record<string, string>;
type FormProps<Result, Input> = {
  mutation: TypedDocumentNode<{ result: Result }, { input: Input }>;
  input: (given: Texts) => Input;
  onSuccess?: (success: Exclude<Result, { message: string }>) => void;
  onRefused?: (refusal: RefusalFragment | undefined) => void; // undefined: no answer came
  button: ReactNode; children?: ReactNode;
};

/** Sends a mutation with the texts of its fields, and shows what was wrong at them. */
export function MutationForm<Result extends object, Input>(props: FormProps<Result, Input>) {
  const [wrong, setWrong] = useState<Partial<Texts>>({});
  const [{ fetching }, send] = useMutation(props.mutation);

  async function submit(event: FormEvent<HTMLFormElement>) {
    const form = event.currentTarget;
    const { data, error } = await send({ input: props.input(texts(event)) });
    const refusal = data && 'message' in data.result ? (data.result as unknown as RefusalFragment) : undefined;
    setWrong(refusal ? problems(refusal, form) : { '': failure(error) });
    if (error || refusal) props.onRefused?.(refusal);
    else if (data) props.onSuccess?.(data.result as Exclude<Result, { message: string }>);
  }

  return (
    <form onSubmit={submit}>
      <Wrong value={wrong}>{props.children}</Wrong>
      <Problem text={wrong['']} />
      <button disabled={fetching}>{props.button}</button>
    </form>
  );
}

/** The problems of the form around, by the name of the field; '' being the whole. */
const Wrong = createContext<Partial<Texts>>({});

/** A path ends with the field's name: ["input", "delivery", "address", "city"]. A field may break several rules. */
function problems(refusal: RefusalFragment, form: HTMLFormElement): Texts {
  const found: Texts = {};
  for (const { path, message } of 'fields' in refusal ? refusal.fields : [refusal]) {
    const name = path.at(-1) ?? '';
    const field = form.elements.namedItem(name) ? name : '';
    found[field] = found[field] ? `${found[field]} ${message}` : message;
  }
  return found;
}

/** What went wrong with a whole request. The request id finds it in the server's log. */
export function failure(error: CombinedError | undefined): string | undefined {
  const [first] = error?.graphQLErrors ?? [];
  return first ? `${first.message} (${first.extensions['requestId']})` : error && 'The shop cannot be reached.';
}

function texts(event: FormEvent<HTMLFormElement>): Texts {
  event.preventDefault();
  return Object.fromEntries([...new FormData(event.currentTarget)].map(([name, value]) => [name, String(value)]));
}

export function Problem({ text }: { text: string | undefined }) {
  return <div role="alert">{text && <p className="problem">{text}</p>}</div>;
}

type FieldProps = ComponentProps<'input'> & { label: string; name: string; options?: [value: string, text: string][] };

/** An input with its label and what is wrong about it; with `options` a select. */
export function Field({ label, name, options, ...input }: FieldProps) {
  const id = useId();
  const wrong = useContext(Wrong)[name];
  const Control = options ? 'select' : 'input';
  return (
    <>
      <label htmlFor={id}>{label}</label>
      <Control {...{ id, name, ...(input as object) }} aria-invalid={!!wrong || undefined} aria-describedby={`${id}-p`}>
        {options?.map(([value, text]) => <option key={value} value={value}>{text}</option>)}
      </Control>
      <div id={`${id}-p`}><Problem text={wrong} /></div>
    </>
  );
}

export function SearchForm(props: { label: string; search: string; onSearch: (search: string) => void }) {
  return (
    <form role="search" onSubmit={(event) => props.onSearch(texts(event)['search'] ?? '')}>
      <input key={props.search} type="search" name="search" aria-label={props.label} defaultValue={props.search} />
      <button>{props.label}</button>
    </form>
  );
}

/** The amount is a string, and stays exact. */
export function price({ amount, currencyCode: currency }: { amount: string; currencyCode: string }): string {
  return new Intl.NumberFormat('en-GB', { style: 'currency', currency }).format(amount as Intl.StringNumericLiteral);
}
